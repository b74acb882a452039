import { type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import type { Controller } from '../../../src/controller/start.ts'
import { buildCsr } from '../../../src/pki/csr.ts'
import { createKeyPair, keyToPem } from '../../../src/pki/key.ts'
import type { AdminAccess } from '../../../src/protocol/api/access.ts'
import type { EnrolResponse } from '../../../src/protocol/api/agents.ts'
import type { CreateClusterResponse } from '../../../src/protocol/api/clusters.ts'
import { clusterRoutes } from '../../../src/protocol/api/clusters.ts'
import type { NodeDetail } from '../../../src/protocol/api/nodes.ts'
import { ClusterSettings } from '../../../src/protocol/settings/cluster-settings.ts'

/** The client certificate of a request. */
export interface Credentials {
  ca: string
  cert: string
  key: string
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever was answered
  json: any
}

/** One request over mTLS, on a new connection. `localAddress`: of the client. */
export function call(
  url: string,
  credentials: Pick<Credentials, 'ca'> & Partial<Credentials> & { localAddress?: string },
  method: string,
  path: string,
  body?: unknown,
  headers: OutgoingHttpHeaders = {},
): Promise<Answer> {
  const { hostname, port } = new URL(url)
  const text = typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const out = request({ hostname, port, path, method, agent: false, ...credentials, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const received = Buffer.concat(chunks).toString('latin1')
        const isJson = /^application\/(problem\+)?json$/.test(response.headers['content-type'] ?? '') && received !== ''
        const json = isJson ? JSON.parse(Buffer.from(received, 'latin1').toString('utf8')) : undefined
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: received, json })
      })
    })
    out.on('error', reject)
    out.end(text)
  })
}

export function adminOf(controller: Pick<Controller, 'adminFile'>): Credentials {
  const access: AdminAccess = JSON.parse(readFileSync(controller.adminFile, 'utf8'))
  return { ca: access.ca, cert: access.certificate, key: access.key }
}

type Reached = Pick<Controller, 'url' | 'adminFile'>

export interface Installer extends Credentials {
  cluster: CreateClusterResponse['cluster']
}

export async function createCluster(
  controller: Reached,
  name: string,
  settings: Partial<ClusterSettings> = {},
): Promise<Installer> {
  const { privateKey } = createKeyPair()
  const body = { name, settings: ClusterSettings.parse(settings), csr: buildCsr(privateKey, 'installer') }
  const answer = await call(controller.url, adminOf(controller), 'POST', clusterRoutes.createCluster.path, body)
  if (answer.status !== 200) throw new Error(`cluster create: ${answer.status} ${answer.text}`)
  const { cluster, installer } = answer.json as CreateClusterResponse
  return { cluster, ca: installer.ca, cert: installer.certificate, key: keyToPem(privateKey) }
}

export interface EnrolledNode extends Credentials {
  id: string
  privateKey: KeyObject
  csr: string
  fingerprint: string
}

/** Enrols a node, and approves it unless the cluster has automatic approval. `replaced`: the id of the node whose name it gets. */
export async function enrolNode(
  controller: Reached,
  installer: Installer,
  nodeName: string,
  replaced?: string,
  address = '10.0.0.1',
): Promise<EnrolledNode> {
  const { privateKey } = createKeyPair()
  const csr = buildCsr(privateKey, 'any')
  const ask = () => call(controller.url, installer, 'POST', '/v1/enrol', { csr, nodeName, address })
  const first = (await ask()).json as EnrolResponse
  if (first.state === 'DISCOVERED') {
    const query = replaced === undefined ? '' : `?replace=${replaced}`
    await call(controller.url, adminOf(controller), 'POST', `/v1/nodes/${first.nodeId}/approve${query}`)
  }
  const { certificate, nodeId, fingerprint } = (await ask()).json as EnrolResponse
  if (!certificate) throw new Error('no certificate was issued')
  const identity = new X509Certificate(certificate).subject
  if (identity !== `O=cantrip:node\nCN=${nodeId}`) throw new Error(`unexpected subject ${identity}`)
  return { id: nodeId, privateKey, csr, fingerprint, ca: installer.ca, cert: certificate, key: keyToPem(privateKey) }
}

export async function showNode(controller: Controller, id: string): Promise<NodeDetail> {
  return (await call(controller.url, adminOf(controller), 'GET', `/v1/nodes/${id}`)).json
}

/** The certificate of the operator, which a master of the cluster requests. */
export async function operatorOf(controller: Controller, node: Credentials): Promise<Credentials> {
  const { privateKey } = createKeyPair()
  const order = { csr: buildCsr(privateKey, 'operator') }
  const answer = await call(controller.url, node, 'POST', '/v1/operator/certificate', order)
  if (answer.status !== 200) throw new Error(`operator certificate: ${answer.status} ${answer.text}`)
  return { ca: node.ca, cert: answer.json.certificate, key: keyToPem(privateKey) }
}
