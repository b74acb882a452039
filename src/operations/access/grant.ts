import { createHash, X509Certificate } from 'node:crypto'
import { AgentError } from '../../base/agent-error.ts'
import { poll, type RetryPolicy } from '../../base/retry.ts'
import type { HostView } from '../../host/host.ts'
import { clusterUser, readCsr } from '../../pki/csr.ts'
import type { Operation } from '../../protocol/wire/operation.ts'
import { KUBERNETES_PKI } from '../../provision/paths.ts'
import { notYet, type Outcome } from '../answer.ts'
import { ask, isThere, NO_API } from './ask.ts'
import { bind } from './bindings.ts'

const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
const SIGNATURE: RetryPolicy = { firstMs: 100, withinMs: 10_000 }

interface SigningRequest {
  metadata: { name: string; resourceVersion: string }
  status?: { certificate?: string; conditions?: { type: string; message?: string }[] }
}

type Grant = Operation & { operation: 'grant-access' }

/**
 * Has a certificate signed through the CertificateSigningRequest API, which the audit of Kubernetes shows, and binds its user to
 * the role. Refuses a request whose subject is anything else than the user of the request's own key. Can be repeated.
 */
export async function grantAccess(host: HostView, grant: Grant): Promise<Outcome> {
  checkSubject(grant)
  const ca = await host.read(`${KUBERNETES_PKI}/ca.crt`)
  if (ca === undefined) return notYet(NO_API)
  if (!(await bind(host, grant))) return notYet(NO_API)
  const path = `${REQUESTS}/cantrip-${createHash('sha256').update(grant.csr).digest('hex').slice(0, 20)}`
  if (!(await ask(host, 'POST', REQUESTS, requestOf(path, grant)))) return notYet(NO_API)
  const request = await read(host, path)
  if (!request) return notYet(NO_API)
  if (!request.status?.conditions?.length) await approve(host, path, request, grant)
  const certificate = await poll(SIGNATURE, async () => signedIn(await read(host, path)), { clock: host })
  if (certificate === undefined) return notYet('the controller manager to sign the certificate')
  checkSigned(certificate, grant)
  return { outcome: 'done', signed: { certificate, ca } }
}

/** The first two parts of `cantrip:PERSON:KEY` come from the controller; the last one is of the key that signed the request. */
function checkSubject({ user, csr }: Grant): void {
  const { publicKey, onlyName } = readCsr(csr)
  const [, person = ''] = user.split(':')
  if (onlyName === user && clusterUser(person, publicKey) === user) return
  throw new AgentError('kubeconfig/wrong-subject', `found a certificate request whose subject is not ${user} alone`, {
    fix: 'request the kubeconfig again with this release of the controller',
    kind: 'refused',
  })
}

function requestOf(path: string, { csr, seconds }: Grant) {
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: path.slice(REQUESTS.length + 1), labels: { 'app.kubernetes.io/managed-by': 'cantrip' } },
    spec: {
      request: Buffer.from(csr).toString('base64'),
      signerName: 'kubernetes.io/kube-apiserver-client',
      expirationSeconds: seconds,
      usages: ['client auth'],
    },
  }
}

async function approve(host: HostView, path: string, request: SigningRequest, { user, role }: Grant): Promise<void> {
  const condition = {
    ...{ type: 'Approved', status: 'True', reason: 'RequestedThroughCantrip' },
    message: `kubeconfig for ${user}, role ${role}`,
  }
  // If another request for the same key approved it first, this one is a conflict, which is as good.
  await ask(host, 'PUT', `${path}/approval`, { ...request, status: { ...request.status, conditions: [condition] } })
}

async function read(host: HostView, path: string): Promise<SigningRequest | undefined> {
  const answer = await ask(host, 'GET', path)
  return answer && isThere(answer) ? (JSON.parse(answer.body) as SigningRequest) : undefined
}

function signedIn(request: SigningRequest | undefined): string | undefined {
  const { certificate, conditions = [] } = request?.status ?? {}
  const ended = conditions.find(({ type }) => type === 'Failed' || type === 'Denied')
  if (ended) {
    throw new AgentError(
      'kubeconfig/not-signed',
      `Kubernetes did not sign the certificate: ${ended.message ?? ended.type}`,
      {
        fix: 'see on a master: kubectl get certificatesigningrequests',
      },
    )
  }
  return certificate === undefined ? undefined : Buffer.from(certificate, 'base64').toString()
}

/** What the signer of the cluster made of the request. */
function checkSigned(pem: string, { user }: Grant): void {
  const { subject } = new X509Certificate(pem)
  if (subject === `CN=${user}`) return
  throw new AgentError('kubeconfig/not-signed', `Kubernetes signed a certificate for ${subject}, and not for ${user}`, {
    fix: 'check the signer of the cluster: --cluster-signing-cert-file of the controller manager',
  })
}
