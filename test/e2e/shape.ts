import assert from 'node:assert/strict'
import type { Overrides } from '../../src/protocol/settings/overrides.ts'
import { bundleDirectory, executables, type Say } from '../support/site/artefacts.ts'
import { runHere } from '../support/site/run-here.ts'
import { copyAgent, createCluster, importBundle, kubectl, nodeRow, openSite, type Site } from '../support/site/site.ts'
import { stageBundle } from '../support/site/stage-bundle.ts'
import type { Bed } from '../support/testbed/bed.ts'
import { isShared } from '../support/testbed/kernel-settings.ts'
import { exec, type Node } from '../support/testbed/machine.ts'
import { up } from '../support/testbed/nodes.ts'
import { testbedOverrides } from '../support/testbed/overrides.ts'
import { waitFor } from '../support/wait-for.ts'

const READY_MS = 540_000

/** A test bed with a controller and one cluster, built stage by stage. */
export interface Scene {
  readonly bed: Bed
  readonly say: Say
  readonly signal: AbortSignal
  /** Boots bare nodes. The first call also starts the controller. */
  boot(...names: string[]): Promise<void>
  /** The same with another way to start the controller. */
  bootWith(open: (bed: Bed) => Promise<Site>, ...names: string[]): Promise<void>
  node(name: string): Node
  nodes(): Node[]
  site(): Site
  /** From now on all commands go to another controller. */
  useSite(other: Site): void
  createCluster(name: string, flags: readonly string[], overrides?: Overrides): Promise<void>
  /** Installs the agent on a node and configures the roles. */
  addNode(name: string, roles: string, ...flags: string[]): Promise<void>
  /** The same with another executable of the agent, or with more options of the installation. */
  addNodeWith(
    how: { executable?: string; options?: readonly string[] },
    name: string,
    roles: string,
    ...flags: string[]
  ): Promise<void>
  /** Copies the bundle to all nodes, so that a story about something else does not download it for each. */
  stage(): Promise<void>
  /** Provisions the cluster and waits until it is READY. */
  provision(): Promise<void>
  awaitReady(): Promise<void>
  readonly cluster: string
  /** Prints logs and states, to find out why a stage failed. */
  show(): Promise<void>
  close(): Promise<void>
}

export function openScene(bed: Bed, say: Say, signal: AbortSignal): Scene {
  const nodes = new Map<string, Node>()
  let site: Site | undefined
  let cluster = ''
  let credentials = ''
  const scene: Scene = {
    bed,
    say,
    signal,
    get cluster() {
      return cluster
    },
    site() {
      assert(site, 'the site is up')
      return site
    },
    node(name) {
      const found = nodes.get(name)
      assert(found, `node ${name} is up`)
      return found
    },
    nodes: () => [...nodes.values()],
    useSite(other) {
      site = other
    },
    boot: (...names) => scene.bootWith(openSite, ...names),
    async bootWith(open, ...names) {
      for (const name of names) nodes.set(name, await up({ name, bed, signal }))
      if (site) return
      site = await open(bed)
      await importBundle(site, await bundleDirectory(runHere, say))
    },
    async createCluster(name, flags, overrides = testbedOverrides()) {
      cluster = name
      const options = { name, overrides, flags: ['--auto-approve', ...flags] }
      credentials = await createCluster(scene.site(), options)
    },
    addNode: (name, roles, ...flags) => scene.addNodeWith({}, name, roles, ...flags),
    async addNodeWith({ executable = executables.agent, options = [] }, name, roles, ...flags) {
      const node = scene.node(name)
      const install = await copyAgent(node, credentials, cluster, executable)
      const { code, stdout, stderr } = await exec(node, [...install, ...options], { timeoutMs: 180_000 })
      assert.equal(code, 0, stderr + stdout)
      await configure(scene.site(), name, roles, ...flags)
    },
    async stage() {
      const bundle = await bundleDirectory(runHere, say)
      for (const node of nodes.values()) await stageBundle(bundle, node, 'linked')
    },
    async provision() {
      await scene.site().admin('cluster', 'provision', cluster)
      await scene.awaitReady()
    },
    async awaitReady() {
      const watch = ['cluster', 'watch', cluster, '--until', 'READY', '--timeout', String(READY_MS / 1000)]
      const { code, stdout, stderr } = await scene.site().cli(watch, { timeoutMs: READY_MS + 30_000 })
      const shown = code === 0 ? '' : (await scene.site().cli(['cluster', 'show', cluster])).stdout
      assert.equal(code, 0, `${stdout}${stderr}\n${shown}`)
    },
    async show() {
      if (site) say(`--- controller\n${site.controllerLog().slice(-4_000)}`)
      for (const node of nodes.values()) await showNode(node, say)
      const [master] = nodes.values()
      if (!master) return
      const pods = await kubectl(master, 'get', 'nodes,pods', '-A', '-o', 'wide').catch(String)
      say(`--- pods\n${typeof pods === 'string' ? pods : pods.stdout + pods.stderr}`)
    },
    async close() {
      await site?.close()
      site = undefined
      nodes.clear()
    },
  }
  return scene
}

export async function configure(site: Site, name: string, roles: string, ...flags: string[]): Promise<void> {
  const row = await nodeRow(site, name)
  assert(row, `the controller knows ${name}`)
  await site.admin('node', 'configure', row.id, '--role', roles, ...flags)
}

async function showNode(node: Node, say: Say): Promise<void> {
  const unit = ['journalctl', '--no-pager', '-o', 'cat', '-n', '60', '-u', 'cantrip-agent.service']
  const journal = await exec(node, unit).catch(() => undefined)
  say(`--- ${node.name}\n${journal?.stdout.slice(-8_000) ?? 'is off'}`)
}

export interface KubernetesNode {
  metadata: { name: string; labels: Record<string, string> }
  spec: { taints?: { key: string; effect: string }[] }
  status: { conditions: { type: string; status: string }[]; addresses: { type: string; address: string }[] }
}

/** The Node objects of the cluster, by name. */
export async function kubernetesNodes(master: Node): Promise<Map<string, KubernetesNode>> {
  const { code, stdout, stderr } = await kubectl(master, 'get', 'nodes', '-o', 'json')
  assert.equal(code, 0, stderr)
  const { items } = JSON.parse(stdout) as { items: KubernetesNode[] }
  return new Map(items.map((item) => [item.metadata.name, item]))
}

export function isReady(node: KubernetesNode | undefined): boolean {
  return node?.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True') === true
}

/**
 * Waits for `count` nodes and every pod to be Ready. After a power cut the API still shows the state from before it until
 * each kubelet has reported: `since` is the time from which on every container has to have started.
 */
export async function allReady(master: Node, count: number, since?: Date): Promise<void> {
  let last = ''
  await waitFor(
    'all nodes and pods Ready',
    async () => {
      const found = await kubernetesNodes(master).catch(() => undefined)
      if (found?.size !== count || ![...found.values()].every(isReady)) return undefined
      const { code, stdout } = await kubectl(master, 'get', 'pods', '-A', '-o', 'json')
      if (code !== 0) return undefined
      last = (JSON.parse(stdout) as { items: Pod[] }).items.flatMap((pod) => notReady(pod, since)).join(', ')
      return last === '' ? true : undefined
    },
    { withinMs: 300_000, details: () => last },
  )
}

interface Pod {
  metadata: { name: string }
  status: { phase: string; containerStatuses?: { ready: boolean; state: { running?: { startedAt: string } } }[] }
}

function notReady({ metadata: { name }, status }: Pod, since = new Date(0)): string[] {
  const containers = status.containerStatuses ?? []
  // Kubernetes writes whole seconds.
  const from = Math.floor(since.getTime() / 1000) * 1000
  const started = containers.map(({ state }) => Date.parse(state.running?.startedAt ?? ''))
  if (status.phase !== 'Running' || containers.length === 0 || !containers.every(({ ready }) => ready)) return [name]
  return started.every((time) => time >= from) ? [] : [`${name} (not restarted)`]
}

/** Waits until etcd has `count` healthy voting members. */
export async function etcdVotes(master: Node, count: number): Promise<void> {
  const pki = ['ca', 'server'].map((name) => `/etc/etcd/pki/${name}.crt`)
  const tls = ['--cacert', pki[0] ?? '', '--cert', pki[1] ?? '', '--key', '/etc/etcd/pki/server.key']
  const etcdctl = (...argv: string[]) =>
    exec(master, ['etcdctl', '--endpoints=https://127.0.0.1:2379', ...tls, ...argv])
  await waitFor(
    `${count} healthy members of etcd`,
    async () => {
      const members = await etcdctl('member', 'list', '--write-out=json')
      if (members.code !== 0) return undefined
      const voters = (JSON.parse(members.stdout) as { members: { isLearner?: boolean }[] }).members
      const health = await etcdctl('endpoint', 'health', '--cluster')
      const isWell = voters.length === count && voters.every(({ isLearner }) => !isLearner) && health.code === 0
      return isWell ? true : undefined
    },
    { withinMs: 120_000 },
  )
}

/** Last node first, so that a master remains for the others. Nodes share one kernel, so its parameters may differ afterwards. */
export async function uninstallAll(nodes: readonly Node[]): Promise<void> {
  for (const node of nodes.toReversed()) {
    const uninstall = ['/root/agent', '--uninstall', '--yes', '-o', 'json']
    const { stdout, stderr } = await exec(node, uninstall, { timeoutMs: 180_000 })
    const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Uninstalled
    const own = report.differences.filter(({ kind, what }) => kind !== 'sysctl' || !isShared(what))
    assert.deepEqual([...own, ...report.leftovers], [], `${node.name}: ${stderr}`)
  }
}

interface Uninstalled {
  differences: { kind: string; what: string }[]
  leftovers: unknown[]
}
