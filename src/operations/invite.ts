import { createHash, randomInt, X509Certificate } from 'node:crypto'
import { poll, type RetryPolicy } from '../base/retry.ts'
import type { HostView } from '../host/host.ts'
import { seal } from '../pki/sealing/seal.ts'
import type { Invitation, Operation } from '../protocol/wire/operation.ts'
import { createInApi, readApi } from '../provision/api/api.ts'
import { KUBERNETES_PKI } from '../provision/paths.ts'
import { SHARED_FILES } from '../provision/shared-files.ts'
import { notYet, type Outcome } from './answer.ts'

const HERE = { node: { address: '127.0.0.1' } }
const CLUSTER_INFO = '/api/v1/namespaces/kube-public/configmaps/cluster-info'
/** The last object that kubeadm creates of those that a joining node reads. */
const LAST_PERMISSION = '/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/rolebindings/kubeadm:kubelet-config'
const TOKEN_MS = 30 * 60_000
const SIGNATURE: RetryPolicy = { firstMs: 200, withinMs: 10_000 }

/** Contains only what the node needs: a worker gets a token and no key. */
export async function invite(host: HostView, operation: Operation & { operation: 'invite' }): Promise<Outcome> {
  const invitation = operation.target.role === 'worker' ? await forWorker(host, operation) : await forMaster(host)
  return 'outcome' in invitation
    ? invitation
    : { outcome: 'done', sealed: seal(JSON.stringify(invitation), operation.sealTo) }
}

async function forWorker(
  host: HostView,
  { target }: Operation & { operation: 'invite' },
): Promise<Invitation | Outcome> {
  const ready = await Promise.all([readApi(host, HERE, CLUSTER_INFO), readApi(host, HERE, LAST_PERMISSION)])
  const ca = await host.read(`${KUBERNETES_PKI}/ca.crt`)
  if (ca === undefined || ready.includes(undefined)) return notYet('the API of the master')
  const id = randomText(6)
  const secret = randomText(16)
  if (
    !(await createInApi(host, HERE, '/api/v1/namespaces/kube-system/secrets', tokenOf(host, id, secret, target.name)))
  ) {
    return notYet('the API of the master to create a token')
  }
  if (!(await isSigned(host, id))) return notYet('the controller manager to sign the token')
  return { role: 'worker', token: `${id}.${secret}`, caHash: hashOf(ca) }
}

/** As `kubeadm token create` creates it. */
function tokenOf(host: HostView, id: string, secret: string, target: string) {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
    type: 'bootstrap.kubernetes.io/token',
    stringData: {
      'token-id': id,
      'token-secret': secret,
      description: `for ${target} to join`,
      expiration: new Date(host.now().getTime() + TOKEN_MS).toISOString(),
      'usage-bootstrap-authentication': 'true',
      'usage-bootstrap-signing': 'true',
      'auth-extra-groups': 'system:bootstrappers:kubeadm:default-node-token',
    },
  }
}

/** Without a signature of the token, kubeadm on the joining node would retry only 5 s later. */
async function isSigned(host: HostView, id: string): Promise<boolean> {
  const look = async () => {
    const info = await readApi<{ data?: Record<string, string> }>(host, HERE, CLUSTER_INFO)
    return info?.data?.[`jws-kubeconfig-${id}`]
  }
  return (await poll(SIGNATURE, look, { clock: host })) !== undefined
}

async function forMaster(host: HostView): Promise<Invitation | Outcome> {
  const files: Record<string, string> = {}
  for (const [name, { path }] of Object.entries(SHARED_FILES)) {
    const text = await host.read(path)
    if (text === undefined) return notYet(`${path} on the master`)
    files[name] = text
  }
  return { role: 'master', files }
}

function hashOf(certificate: string): string {
  const spki = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' })
  return `sha256:${createHash('sha256').update(spki).digest('hex')}`
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'

function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
}
