import assert from 'node:assert/strict'
import { carryAgent, createCluster, kubectl, nodeRow, type Site } from '../support/site/site.ts'
import { exec, type Node } from '../support/testbed/machine.ts'
import { testbedOverrides } from '../support/testbed/overrides.ts'

/** A cluster of the test bed: its nodes by name, and what brings one of them in. */
export interface Shape {
  site: Site
  cluster: string
  credentials: string
}

export async function openShape(site: Site, cluster: string, flags: readonly string[] = []): Promise<Shape> {
  const options = { name: cluster, overrides: testbedOverrides(), flags: ['--auto-approve', ...flags] }
  return { site, cluster, credentials: await createCluster(site, options) }
}

/** Installs the agent and gives the node its roles. */
export async function bringIn({ site, cluster, credentials }: Shape, node: Node, roles: string): Promise<void> {
  const install = await carryAgent(node, credentials, cluster)
  const { code, stdout, stderr } = await exec(node, install, { timeoutMs: 180_000 })
  assert.equal(code, 0, stderr + stdout)
  const row = await nodeRow(site, node.name)
  assert(row, `the controller knows ${node.name}`)
  await site.admin('node', 'configure', row.id, '--role', roles)
}

/** Rejects when the cluster FAILED, or is not there in time. */
export async function awaitCluster({ site, cluster }: Shape, timeoutMs: number): Promise<void> {
  const watch = ['cluster', 'watch', cluster, '--until', 'READY', '--timeout', String(Math.round(timeoutMs / 1000))]
  const { code, stdout, stderr } = await site.cli(watch, { timeoutMs: timeoutMs + 30_000 })
  assert.equal(code, 0, `${stdout}${stderr}\n${(await site.cli(['cluster', 'show', cluster])).stdout}`)
}

export interface KubernetesNode {
  metadata: { name: string; labels: Record<string, string> }
  spec: { taints?: { key: string; effect: string }[] }
  status: { conditions: { type: string; status: string }[]; addresses: { type: string; address: string }[] }
}

/** What the cluster itself says about its nodes, by name. */
export async function kubernetesNodes(master: Node): Promise<Map<string, KubernetesNode>> {
  const { code, stdout, stderr } = await kubectl(master, 'get', 'nodes', '-o', 'json')
  assert.equal(code, 0, stderr)
  const { items } = JSON.parse(stdout) as { items: KubernetesNode[] }
  return new Map(items.map((item) => [item.metadata.name, item]))
}

export function isReady(node: KubernetesNode | undefined): boolean {
  return node?.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True') === true
}
