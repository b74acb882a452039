import assert from 'node:assert/strict'
import type { VersionSet } from '../../src/bundle/versions/sets.ts'
import { parseUnitProperties } from '../../src/host/units/unit-properties.ts'
import type { UpgradePlan } from '../../src/protocol/api/clusters/upgrades.ts'
import type { ClusterView } from '../../src/protocol/api/clusters.ts'
import { kubectl } from '../support/site/site.ts'
import { execOk, type Node } from '../support/testbed/machine.ts'
import type { Scene } from './shape.ts'

const WITHIN_MS = 900_000

/** What `--dry-run` prints, in both formats. */
export async function planOf({ say, site, cluster }: Scene, to: string): Promise<UpgradePlan> {
  const dryRun = ['cluster', 'upgrade', cluster, '--to', to, '--dry-run']
  say((await site().cli(dryRun)).stdout.trimEnd())
  const { code, stdout, stderr } = await site().cli([...dryRun, '-o', 'json'])
  assert.equal(code, 0, stdout + stderr)
  return JSON.parse(stdout)
}

export async function startUpgrade({ say, site, cluster }: Scene, to: string, ...flags: string[]): Promise<void> {
  say((await site().admin('cluster', 'upgrade', cluster, '--to', to, '--yes', ...flags)).trimEnd())
}

export const showCluster = ({ site, cluster }: Scene): Promise<ClusterView> => site().json('cluster', 'show', cluster)

/** Waits until the upgrade has ended, and the cluster is READY. */
export async function upgraded(scene: Scene, to: string): Promise<void> {
  const { site, cluster } = scene
  const watch = ['cluster', 'watch', cluster, '--until', 'READY', '--timeout', String(WITHIN_MS / 1000)]
  const { code, stdout, stderr } = await site().cli(watch, { timeoutMs: WITHIN_MS + 30_000 })
  const { upgrade } = await showCluster(scene)
  assert.equal(code, 0, `${stdout}${stderr}\n${JSON.stringify(upgrade)}`)
  assert.deepEqual([upgrade?.state, upgrade?.version, upgrade?.error], ['done', to, null])
}

/** The versions of all static pods, add-ons, kubelets, and of the etcd of a master. */
export async function assertVersions(scene: Scene, master: Node, set: VersionSet): Promise<void> {
  const images = 'jsonpath={range .items[*]}{.spec.containers[*].image}{"\\n"}{end}'
  const { stdout } = await kubectl(master, 'get', 'pods', '-n', 'kube-system', '-o', images)
  for (const name of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy']) {
    const found = [...new Set([...stdout.matchAll(new RegExp(`/${name}:(\\S+)`, 'g'))].map(([, tag]) => tag))]
    assert.deepEqual(found, [set.kubernetes], name)
  }
  assert.match(stdout, new RegExp(`/coredns:${set.coredns}\n`))
  const kubelets = await kubectl(master, 'get', 'nodes', '-o', 'jsonpath={.items[*].status.nodeInfo.kubeletVersion}')
  assert.deepEqual([...new Set(kubelets.stdout.split(' '))], [set.kubernetes])
  assert.match(await execOk(master, ['etcd', '--version']), new RegExp(`etcd Version: ${set.etcd.slice(1)}`))
  scene.say(`  all of ${set.kubernetes}, etcd ${set.etcd}`)
}

/** With a watch open it would be 7 s, in which an API server lets requests wait. */
const MOST_STOP_SECONDS = 2

/** How long the last restart of etcd took from the request until its process had ended. */
export async function assertEtcdStoppedSoon({ say }: Scene, master: Node): Promise<void> {
  const names = ['ActiveExitTimestampMonotonic', 'InactiveEnterTimestampMonotonic']
  const shown = parseUnitProperties(
    await execOk(master, ['systemctl', 'show', 'etcd', `--property=${names.join(',')}`]),
  )
  const [from = 0, to = 0] = names.map((name) => Number(shown[name]))
  const seconds = (to - from) / 1_000_000
  say(`  ${master.name}: etcd stopped in ${seconds.toFixed(2)} s`)
  assert(from > 0 && seconds >= 0 && seconds < MOST_STOP_SECONDS, `etcd took ${seconds} s to stop`)
}

const DIRECTORIES = ['backups', 'bundle', 'etcd-backups', 'containerd'].map((name) => `/var/lib/cantrip/${name}`)

/** Prints what an upgrade could leave behind. */
export async function diskUse({ say, nodes }: Scene): Promise<void> {
  for (const node of nodes()) {
    const du = `du -sm ${DIRECTORIES.join(' ')} /var/lib/containerd /var/lib/cantrip-containerd 2>/dev/null || true`
    const used = (await execOk(node, ['sh', '-c', du])).trim().replaceAll('\t', ' MB ').replaceAll('\n', ', ')
    say(`  ${node.name}: ${used}`)
  }
}
