import assert from 'node:assert/strict'
import { existsSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { ClusterHealth } from '../../src/protocol/api/clusters.ts'
import { KUBELET_IDENTITY, KUBELET_SERVING } from '../../src/provision/paths.ts'
import { certificateRequest } from '../support/certificates/certificate-request.ts'
import { kubectl } from '../support/site/site.ts'
import { execOk, type Node, path } from '../support/testbed/machine.ts'
import { waitFor } from '../support/wait-for.ts'
import type { Scene } from './shape.ts'
import { ADMIN } from './test-pod.ts'

const CA = '/etc/kubernetes/pki/ca.crt'
const PAIR = '/root/kubelet.pem'

/** The cluster has issued the serving certificate of each kubelet, and the API server verifies it. */
export async function kubeletsAreVerified(scene: Scene, cluster: string, readyAt: Date): Promise<void> {
  const master = scene.node('m1')
  for (const node of scene.nodes()) {
    const file = join(path(node), linkedFrom(node, KUBELET_SERVING))
    assert(existsSync(file), `${node.name} has a serving certificate`)
    const late = (statSync(file).mtimeMs - readyAt.getTime()) / 1_000
    scene.say(`${node.name}: its serving certificate came ${late.toFixed(1)} s after READY`)
    assert(late <= 0, `the certificate of ${node.name} came before READY`)
    const argv = ['openssl', 's_client', '-connect', `${node.address}:10250`, '-CAfile', CA, '-verify_return_error']
    await execOk(master, [...argv, '-verify_ip', node.address], { stdin: '' })
  }
  assert.match(
    await execOk(master, ['cat', '/etc/kubernetes/manifests/kube-apiserver.yaml']),
    /--kubelet-certificate-authority=\/etc\/kubernetes\/pki\/ca.crt/,
  )
  for (const pod of await podsOf(master, 'k8s-app=kube-proxy')) {
    const { code, stderr } = await kubectl(master, '-n', 'kube-system', 'logs', pod, '--tail=1')
    assert.equal(code, 0, stderr)
  }
  // Agents report them after the run.
  const wanted = scene.nodes().map(({ name }) => `${name} kubelet`)
  await waitFor('the certificates in cluster show', async () => {
    const { health } = await scene.site().json<{ health: ClusterHealth }>('cluster', 'show', cluster)
    const serving = health.certificates.filter(({ name }) => name === 'kubelet-serving')
    const found = serving.map(({ node, renewedBy }) => `${node} ${renewedBy}`)
    return isDeepStrictEqual(found.sort(), wanted) || undefined
  })
}

/** A kubelet that asks for names of another node, or of the API, gets no certificate; the reason is in the operator's log. */
export async function foreignNamesAreRefused(scene: Scene, name: string): Promise<void> {
  const [m1, other] = [scene.node('m1'), scene.node(name)]
  const pair = readFileSync(join(path(other), linkedFrom(other, KUBELET_IDENTITY)))
  writeFileSync(join(path(m1), PAIR), pair, { mode: 0o600 })
  const foreign = { 'foreign-address': `IP:${m1.address}`, 'name-of-the-api': 'DNS:kubernetes.default.svc' }
  for (const [csr, names] of Object.entries(foreign)) {
    await request(m1, other, csr, `DNS:${name},${names}`)
    const line = `the request ${csr} for a serving certificate is not approved`
    scene.say(await waitFor(line, async () => (await operatorLog(m1)).find((each) => each.includes(line))))
  }
  await request(m1, other, 'own', `DNS:${name},IP:${other.address}`)
  await waitFor('the approval of the own names', async () => (await conditionOf(m1, 'own')) === 'Approved' || undefined)
  for (const csr of Object.keys(foreign)) assert.equal(await conditionOf(m1, csr), '', csr)
  await kubectl(m1, 'delete', 'csr', ...Object.keys(foreign), 'own')
  await execOk(m1, ['rm', PAIR])
}

const operatorLog = async (m1: Node) =>
  (await kubectl(m1, '-n', 'cantrip-system', 'logs', 'deployment/operator')).stdout.split('\n')

const linkedFrom = (node: Node, link: string) => {
  const target = readlinkSync(join(path(node), link))
  return target.startsWith('/') ? target : join(link, '..', target)
}

async function podsOf(master: Node, selector: string): Promise<string[]> {
  const { stdout } = await kubectl(master, '-n', 'kube-system', 'get', 'pods', '-l', selector, '-o', 'name')
  return stdout.trim().split('\n')
}

/** As the kubelet of the other node. */
async function request(m1: Node, other: Node, name: string, names: string): Promise<void> {
  const csr = {
    ...{ apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name } },
    spec: {
      signerName: 'kubernetes.io/kubelet-serving',
      usages: ['digital signature', 'server auth'],
      request: Buffer.from(certificateRequest(`/O=system:nodes/CN=system:node:${other.name}`, names)).toString(
        'base64',
      ),
    },
  }
  const as = ['--server', `https://${m1.address}:6443`, '--certificate-authority', CA]
  const argv = ['kubectl', ...as, '--client-certificate', PAIR, '--client-key', PAIR, 'create', '-f', '-']
  await execOk(m1, argv, { stdin: JSON.stringify(csr) })
}

async function conditionOf(m1: Node, name: string): Promise<string> {
  const argv = ['kubectl', ...ADMIN, 'get', 'csr', name, '-o', 'jsonpath={.status.conditions[*].type}']
  return (await execOk(m1, argv)).trim()
}
