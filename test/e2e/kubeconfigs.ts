import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { AccessList } from '../../src/protocol/api/identities/kubeconfigs.ts'
import { kubectl } from '../support/site/site.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { copyIn } from '../support/testbed/nodes.ts'
import type { Output } from '../support/testbed/run.ts'
import { waitFor } from '../support/wait-for.ts'
import type { Scene } from './shape.ts'

const LEDGER = '/var/lib/cantrip/ledger/ledger.jsonl'
const FORBIDDEN = /\(Forbidden\)|cannot delete|is forbidden/
/** A kubeconfig of the story, on the node where kubectl uses it. */
type Kubectl = (...argv: readonly string[]) => Promise<Output>

/**
 * Kubeconfigs for people, used by a real kubectl: what each role permits, where kubectl connects to, and what remains after they are
 * revoked. Returns one that expires after 10 minutes.
 */
export async function peopleHaveAccess(scene: Scene): Promise<Kubectl> {
  const m1 = scene.node('m1')
  const ledger = await execOk(m1, ['cat', LEDGER])
  const view = await kubeconfigOn(scene, m1, 'alice', 'view')
  assert.match((await works(view('auth', 'whoami'))).stdout, /cantrip:alice:[0-9a-f]{16}/)
  await works(view('get', 'pods', '-A'))
  await fails(view('-n', 'kube-system', 'delete', 'pods', '--all'), FORBIDDEN)
  await fails(view('-n', 'kube-system', 'get', 'secrets'), FORBIDDEN)

  // The certificate of the API is for its address, and not for this host of the URL.
  const edit = await kubeconfigOn(scene, m1, 'bob', 'edit', '--server', 'https://localhost:6443')
  await works(edit('create', 'configmap', 'made-by-bob'))
  await works(edit('delete', 'configmap', 'made-by-bob'))
  await fails(edit('delete', 'node', 'w1'), FORBIDDEN)
  const admin = await kubeconfigOn(scene, m1, 'carol', 'admin')
  assert.equal((await works(admin('auth', 'can-i', '*', '*', '-A'))).stdout.trim(), 'yes')

  const requests = (await kubectl(m1, 'get', 'csr')).stdout
  assert.match(
    requests,
    /cantrip-[0-9a-f]{20} .*kubernetes\.io\/kube-apiserver-client .*kubernetes-admin .*Approved,Issued/,
  )
  scene.say(requests.trimEnd())
  const listed = await scene.site().json<AccessList>('cluster', 'access', scene.cluster)
  assert.notEqual(listed.asOf, null)
  assert.deepEqual(
    listed.accesses.map(({ person, role, state }) => [person, role, state]),
    [
      ['alice', 'view', 'valid'],
      ['bob', 'edit', 'valid'],
      ['carol', 'admin', 'valid'],
    ],
  )

  await scene.site().admin('cluster', 'kubeconfig', 'revoke', scene.cluster, '--user', 'alice', '--yes')
  // The API server learns of it through a watch.
  await waitFor('alice has lost her permissions', async () => FORBIDDEN.test((await view('get', 'pods', '-A')).stderr))
  const again = await kubeconfigOn(scene, m1, 'alice', 'view')
  await works(again('get', 'pods', '-A'))
  await fails(view('get', 'pods', '-A'), FORBIDDEN)
  assert.equal(await execOk(m1, ['cat', LEDGER]), ledger, 'nothing was changed on the machine of the master')
  scene.say(await scene.site().admin('cluster', 'access', scene.cluster, '-o', 'wide'))
  return kubeconfigOn(scene, m1, 'dave', 'view', '--ttl', '10m')
}

/** Waits until it is over: the API server then does not know who asks. */
export async function kubeconfigExpires(scene: Scene, short: Kubectl): Promise<void> {
  const startedMs = performance.now()
  const isRefused = async () =>
    /Unauthorized|must be logged in|provided credentials/.test((await short('get', 'pods')).stderr)
  await waitFor('the kubeconfig is refused', isRefused, { withinMs: 660_000, everyMs: 5_000 })
  scene.say(`waited ${((performance.now() - startedMs) / 1000).toFixed(0)} s for the kubeconfig to expire`)
  await waitFor('its binding is deleted', async () => {
    const { stdout } = await kubectl(scene.node('m1'), 'get', 'clusterrolebindings', '-o', 'name')
    return !stdout.includes('cantrip:dave:')
  })
}

let count = 0

/** A kubeconfig of a person, on a node where kubectl uses it. */
export async function kubeconfigOn(
  scene: Scene,
  node: Node,
  person: string,
  role: string,
  ...flags: readonly string[]
): Promise<Kubectl> {
  const name = `${person}-${++count}.kubeconfig`
  const file = join(scene.site().directory, name)
  const issue = ['cluster', 'kubeconfig', scene.cluster, '--user', person, '--role', role, '--to', file]
  const { code, stderr } = await scene.site().cli([...issue, ...flags])
  assert.equal(code, 0, stderr)
  scene.say(stderr.trimEnd())
  await copyIn(node, file, `/root/${name}`)
  return (...argv) => exec(node, ['/usr/local/bin/kubectl', '--kubeconfig', `/root/${name}`, ...argv])
}

async function works(asked: Promise<Output>): Promise<Output> {
  const output = await asked
  assert.equal(output.code, 0, output.stderr)
  return output
}

async function fails(asked: Promise<Output>, why: RegExp): Promise<void> {
  const { code, stdout, stderr } = await asked
  assert.equal(code, 1, stdout + stderr)
  assert.match(stderr, why)
}
