import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { isSameAddress } from '../../base/net/address.ts'
import type { Host, HostView } from '../../host/host.ts'
import { apiServiceAddress } from '../../provision/api/endpoint.ts'
import { isFresh } from '../../provision/certificates/life.ts'
import { kubeadmPhase, WITH_ITS_DIRECTORY } from '../../provision/kubeadm/kubeadm-phase.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { ADMIN_CONF, KUBERNETES_PKI } from '../../provision/paths.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { renewWithKubeadm } from './renew.ts'
import { namesOfApiServer } from './server-names.ts'

type Params = Pick<ProvisionParams, 'cluster'>

const API_SERVER = 'apiserver'
const LEAVES = [API_SERVER, 'apiserver-kubelet-client', 'front-proxy-client']
const SERVICE_ACCOUNTS = 'sa'
const NAMES = ['ca', 'front-proxy-ca', SERVICE_ACCOUNTS, ...LEAVES]
const EXTENSIONS = ['crt', 'key', 'pub']
const FILES = NAMES.flatMap((name) =>
  (name === SERVICE_ACCOUNTS ? ['key', 'pub'] : ['crt', 'key']).map((extension) => pathOf(name, extension)),
)

export const issueCertificates: ProvisionStep = {
  id: 'kubeadm/issue-certificates',
  title: 'Issuing certificates of the control plane',
  async isDone(host, params) {
    return (await damaged(host, params)).length === 0 && (await due(host)).length === 0
  },
  async apply(host, params, context) {
    await host.makeDirectory(KUBERNETES_PKI)
    // kubeadm uses existing files, and refuses an incomplete pair that a kill leaves. Once the kubeconfigs exist, all pairs
    // were complete, and a CA that is damaged after that needs an administrator.
    const mayReplace = (await host.stat(ADMIN_CONF)) === undefined ? NAMES : LEAVES
    for (const name of await damaged(host, params)) if (mayReplace.includes(name)) await discard(host, name)
    // Before the others are issued, because that phase refuses a certificate that has expired.
    await renewWithKubeadm(host, await due(host), context)
    await kubeadmPhase(host, ['certs', 'all'], WITH_ITS_DIRECTORY, context)
    // kubeadm does not sync them: after a power cut there could be kubeconfigs, but empty certificates.
    await host.run(['sync', ...FILES, KUBERNETES_PKI], WITH_ITS_DIRECTORY, { signal: context.signal })
  },
}

function pathOf(name: string, extension: string): string {
  return `${KUBERNETES_PKI}/${name}.${extension}`
}

async function discard(host: Host, name: string): Promise<void> {
  for (const extension of EXTENSIONS) await host.discard(pathOf(name, extension), 'kubeadm issues it again')
}

/** The leaves that are whole, and whose life is nearly over. */
async function due(host: HostView): Promise<string[]> {
  const texts = await Promise.all(LEAVES.map((name) => host.read(pathOf(name, 'crt'))))
  return LEAVES.filter((_, index) => {
    const text = texts[index]
    return text !== undefined && text !== '' && !isFresh(new X509Certificate(text), host.now())
  })
}

/** The pairs that are missing or incomplete, or have other names: kubeadm renews a certificate with the names that it has. */
async function damaged(host: HostView, params: Params): Promise<string[]> {
  const whole = await Promise.all(NAMES.map((name) => isWhole(host, params, name)))
  return NAMES.filter((_, index) => !whole[index])
}

async function isWhole(host: HostView, params: Params, name: string): Promise<boolean> {
  const isAccounts = name === SERVICE_ACCOUNTS
  const [open, secret] = await Promise.all([
    host.read(pathOf(name, isAccounts ? 'pub' : 'crt')),
    host.read(pathOf(name, 'key')),
  ])
  if (open === undefined || secret === undefined) return false
  try {
    const key = createPrivateKey(secret)
    if (isAccounts) return createPublicKey(key).equals(createPublicKey(open))
    const certificate = new X509Certificate(open)
    if (name === API_SERVER && !hasNames(certificate, await namesOfApiServer(host), params)) return false
    return certificate.checkPrivateKey(key)
  } catch {
    // Empty or truncated.
    return false
  }
}

/** Exactly these names, besides those that kubeadm adds. */
function hasNames(certificate: X509Certificate, names: readonly string[], { cluster }: Params): boolean {
  const found = certificate.subjectAltName?.split(', ') ?? []
  const isThere = (name: string) =>
    isIP(name) === 0 ? found.includes(`DNS:${name}`) : certificate.checkIP(name) !== undefined
  const own = apiServiceAddress(cluster.serviceSubnet)
  const isWanted = (entry: string) => {
    const name = entry.replace(/^(DNS|IP Address):/, '')
    return OF_KUBEADM.test(name) || [...names, own].some((each) => isSameAddress(each, name))
  }
  return names.every(isThere) && found.every(isWanted)
}

/** kubernetes, and the names of the service up to any domain of the cluster. */
const OF_KUBEADM = /^kubernetes(\.default(\.svc(\..+)?)?)?$/
