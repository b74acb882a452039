import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Controller } from '../../../src/controller/start.ts'
import { type Ca, createCa, issueCertificate } from '../../../src/pki/certificate.ts'
import { buildCsr } from '../../../src/pki/csr.ts'
import { createKeyPair, fingerprint, keyToPem } from '../../../src/pki/key.ts'
import { waitFor } from '../wait-for.ts'
import { connectAgent } from './agent.ts'
import {
  adminOf,
  type Credentials,
  call,
  createCluster,
  type EnrolledNode,
  enrolNode,
  type Installer,
  operatorOf,
} from './client.ts'
import { startCluster } from './start-cluster.ts'

export const ROLES = ['installer', 'pending', 'approved', 'configured', 'master', 'operator', 'administrator'] as const
export type Role = (typeof ROLES)[number]
/** `removed`: the node or the node that the operator's certificate was issued to; for a pending node: refused. */
export const LIVES = [
  'valid',
  'of another cluster',
  'retired',
  'revoked',
  'removed',
  'of a deleted cluster',
  'of another CA',
  'expired',
  'expired for too long',
  'expired, with a forged signature',
  'expired, and retired',
  'expired, and removed',
  'expired, of a deleted cluster',
  'not yet valid',
] as const
export type Life = (typeof LIVES)[number]

export interface Client {
  role: Role
  life: Life
  credentials: Credentials
  /** The request with which its machine enrols. */
  enrolment: { csr: string; nodeName: string; fingerprint: string; clusterName: string }
}

const DAY_MS = 86_400_000

/** Clients of every role in every state of their life. `demo` is the cluster of those that are valid. */
export async function everyClient(controller: Controller, dataDirectory: string): Promise<Client[]> {
  const clients: Client[] = []
  for (const life of LIVES.slice(0, 6)) clients.push(...(await clientsOf(controller, life)))
  clients.push({ ...clients[0], role: 'administrator', life: 'valid', credentials: adminOf(controller) } as Client)
  clients.push({
    ...clients[0],
    role: 'administrator',
    life: 'revoked',
    credentials: await revokedAdmin(controller),
  } as Client)
  const valid = clients.filter(({ role, life }) => life === 'valid' && role !== 'pending')
  const former: readonly Life[] = ['retired', 'removed', 'of a deleted cluster']
  const gone = clients.filter(({ role, life }) => former.includes(life) && !['installer', 'pending'].includes(role))
  return [
    ...clients,
    ...valid.flatMap((client) => reissued(client, dataDirectory)),
    ...gone.map((client) => expiredToo(client, dataDirectory)),
  ]
}

/** The clients of a cluster, for one state of their life. */
async function clientsOf(controller: Controller, life: Life): Promise<Client[]> {
  const name = life === 'valid' ? 'demo' : life.replaceAll(' ', '-')
  const installer = await createCluster(controller, name)
  const master = await enrolNode(controller, installer, 'master')
  await startCluster(controller, master, name)
  const nodes = {
    master,
    configured: await configured(controller, await enrolNode(controller, installer, 'configured')),
    approved: await enrolNode(controller, installer, 'approved'),
  }
  const operator = await operatorOf(controller, master)
  const pending = await enrolPending(controller, installer)
  await live(controller, life, Object.values(nodes), pending.id, name)
  const byRole: [Role, Credentials, EnrolledNode | typeof pending, string][] = [
    ['installer', installer, nodes.approved, 'approved'],
    ['pending', installer, pending, 'pending'],
    ...(['approved', 'configured', 'master'] as const).map(
      (role) => [role, nodes[role], nodes[role], role] as [Role, Credentials, EnrolledNode, string],
    ),
    ['operator', operator, nodes.master, 'master'],
  ]
  return byRole
    .filter(([role]) => {
      const isInstaller = role === 'installer' || role === 'pending'
      return life === 'retired' ? !isInstaller : life === 'revoked' ? isInstaller : true
    })
    .map(([role, { ca, cert, key }, { csr, fingerprint }, nodeName]) => ({
      ...{ role, life, credentials: { ca, cert, key }, enrolment: { csr, fingerprint, nodeName, clusterName: name } },
    }))
}

/** What happens to them after they got their certificates. */
async function live(
  controller: Controller,
  life: Life,
  nodes: readonly EnrolledNode[],
  pending: string,
  cluster: string,
): Promise<void> {
  if (life === 'retired') {
    // The last two operator certificates of a master are valid.
    for (const master of nodes.slice(0, 1)) {
      await operatorOf(controller, master)
      await operatorOf(controller, master)
    }
    for (const node of nodes) await connectAgent(controller, await renewed(controller, node))
  }
  if (life === 'revoked') await asked(controller, 'DELETE', `/v1/clusters/${cluster}/credentials/${cluster}`)
  if (life === 'removed') {
    for (const { id } of nodes) await asked(controller, 'DELETE', `/v1/nodes/${id}?force=1`)
    await asked(controller, 'DELETE', `/v1/nodes/${pending}`)
  }
  if (life === 'of a deleted cluster') await asked(controller, 'DELETE', `/v1/clusters/${cluster}?force=1`)
}

/** The same key and subject in certificates that only differ in their CA or their time. */
function reissued(client: Client, dataDirectory: string): Client[] {
  const { ca, key } = client.credentials
  const own = ownCa(client, dataDirectory)
  const foreign = createCa({ commonName: 'cantrip controller CA', days: 30, now: new Date() })
  const certificates: [Life, string][] = [
    ['of another CA', issueAgain(client, foreign, -1)],
    ['expired', issueAgain(client, own, -31)],
    ['expired for too long', issueAgain(client, own, -431)],
    ['expired, with a forged signature', issueAgain(client, { ...own, key: createKeyPair().privateKey }, -31)],
    ['not yet valid', issueAgain(client, own, 1)],
  ]
  return certificates.map(([life, cert]) => ({ ...client, life, credentials: { ca, cert, key } }))
}

/** A client that is retired or gone, with a certificate that has expired since. */
function expiredToo(client: Client, dataDirectory: string): Client {
  const cert = issueAgain(client, ownCa(client, dataDirectory), -31)
  const life = client.life === 'of a deleted cluster' ? 'expired, of a deleted cluster' : `expired, and ${client.life}`
  return { ...client, life: life as Life, credentials: { ...client.credentials, cert } }
}

const ownCa = ({ credentials: { ca } }: Client, dataDirectory: string): Ca => ({
  certificate: ca,
  key: createPrivateKey(readFileSync(join(dataDirectory, 'pki/ca.key'))),
})

function issueAgain({ credentials: { cert, key } }: Client, ca: Ca, fromDay: number): string {
  const { subject } = new X509Certificate(cert)
  return issueCertificate({
    ...{ ca, publicKey: createPublicKey(createPrivateKey(key)), usages: ['clientAuth'], days: 30 },
    commonName: /^CN=(.*)$/m.exec(subject)?.[1] ?? '',
    organization: /^O=(.*)$/m.exec(subject)?.[1] ?? '',
    notBefore: new Date(Date.now() + fromDay * DAY_MS),
  })
}

async function asked(controller: Controller, method: string, path: string, body?: unknown, as = adminOf(controller)) {
  const { status, text, json } = await call(controller.url, as, method, path, body)
  if (status >= 300) throw new Error(`${method} ${path}: ${text}`)
  return json
}

async function configured(controller: Controller, node: EnrolledNode): Promise<EnrolledNode> {
  await connectAgent(controller, node)
  const knowsFacts = async () => (await asked(controller, 'GET', `/v1/nodes/${node.id}`)).facts !== null
  await waitFor('the facts', knowsFacts, { everyMs: 20 })
  await asked(controller, 'POST', `/v1/nodes/${node.id}/configure`, { roles: ['master'] })
  return node
}

async function revokedAdmin(controller: Controller): Promise<Credentials> {
  const { privateKey } = createKeyPair()
  const body = { name: 'former', csr: buildCsr(privateKey, 'any') }
  const { certificate, ca } = await asked(controller, 'POST', '/v1/administrators', body)
  await asked(controller, 'DELETE', '/v1/administrators/former')
  return { ca, cert: certificate, key: keyToPem(privateKey) }
}

async function enrolPending(controller: Controller, installer: Installer) {
  const { privateKey, publicKey } = createKeyPair()
  const csr = buildCsr(privateKey, 'any')
  const body = { csr, nodeName: 'pending', address: '10.0.0.9' }
  const { nodeId } = await asked(controller, 'POST', '/v1/enrol', body, installer)
  return { id: nodeId as string, csr, fingerprint: fingerprint(publicKey) }
}

async function renewed(controller: Controller, node: EnrolledNode): Promise<EnrolledNode> {
  const { privateKey } = createKeyPair()
  const body = { csr: buildCsr(privateKey, 'any') }
  const { certificate } = await asked(controller, 'POST', '/v1/node/certificate', body, node)
  return { ...node, cert: certificate, key: keyToPem(privateKey) }
}
