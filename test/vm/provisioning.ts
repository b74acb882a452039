/** Provisions one machine without overrides: cgroup v2, the systemd cgroup driver, default settings of the kubelet. */
import assert from 'node:assert/strict'
import { bundleDirectory } from '../support/site/artefacts.ts'
import { runHere } from '../support/site/run-here.ts'
import { awaitState, importBundle } from '../support/site/site.ts'
import { exec, execOk } from '../support/vm/guest.ts'
import { CLUSTER, order, type Scene, siteOf } from './scene.ts'

const READY_MS = 1_500_000

/** Imports the bundle, so that a cluster can be provisioned. */
export async function importSiteBundle(scene: Scene): Promise<void> {
  await importBundle(siteOf(scene), await bundleDirectory(runHere, scene.say))
}

/** From DISCOVERED to CONFIGURED. */
export async function configured(scene: Scene): Promise<void> {
  await order(scene, 'approve', 'APPROVED')
  await order(scene, 'configure', 'CONFIGURED', '--role', 'master,worker')
}

export async function provisioned(scene: Scene): Promise<void> {
  await siteOf(scene).admin('cluster', 'provision', CLUSTER)
  try {
    await awaitState(siteOf(scene), scene.guest.name, 'READY', READY_MS)
  } catch (error) {
    scene.say(await agentJournal(scene))
    throw error
  }
}

export async function hasTheDefaults({ guest, say }: Scene): Promise<void> {
  const config = await execOk(guest, ['cat', '/var/lib/kubelet/config.yaml'])
  assert.match(config, /^cgroupDriver: systemd$/m)
  assert.doesNotMatch(config, /failSwapOn: false|failCgroupV1/)
  const groups = await execOk(guest, ['ls', '/sys/fs/cgroup/kubepods.slice'])
  assert.match(groups, /kubepods-burstable\.slice/, 'pods are not in slices of systemd')
  const kubectl = ['/usr/local/bin/kubectl', '--kubeconfig', '/etc/kubernetes/admin.conf']
  const pods = await execOk(guest, [...kubectl, 'get', 'nodes,pods', '-A', '-o', 'wide'])
  assert.match(pods, /node\/vm1 +Ready/)
  say(pods.trimEnd())
}

async function agentJournal({ guest }: Scene): Promise<string> {
  const { stdout } = await exec(guest, [
    'journalctl',
    '--no-pager',
    '-o',
    'short-iso',
    '-n',
    '200',
    '-u',
    'cantrip-agent',
  ])
  return stdout
}
