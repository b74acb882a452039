import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import type { HostView } from '../../host/host.ts'
import { kubeadmPhase, WITH_ITS_DIRECTORY } from '../../provision/kubeadm/kubeadm-phase.ts'
import { ADMIN_CONF, KUBERNETES_PKI } from '../../provision/paths.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

const PAIRS = ['ca', 'apiserver', 'apiserver-kubelet-client', 'front-proxy-ca', 'front-proxy-client']
const SERVICE_ACCOUNTS = 'sa'
const FILES = [...PAIRS.flatMap((name) => [`${name}.crt`, `${name}.key`]), 'sa.key', 'sa.pub'].map(
  (file) => `${KUBERNETES_PKI}/${file}`,
)

export const issueCertificates: ProvisionStep = {
  id: 'kubeadm/issue-certificates',
  title: 'Issuing certificates of the control plane',
  async isDone(host) {
    return (await damaged(host)).length === 0
  },
  async apply(host, _params, context) {
    await host.makeDirectory(KUBERNETES_PKI)
    // kubeadm uses existing files, and refuses an incomplete pair that a kill leaves. Once the kubeconfigs exist, all pairs
    // were complete; damage after that needs an administrator.
    if ((await host.stat(ADMIN_CONF)) === undefined) {
      for (const name of await damaged(host)) {
        for (const extension of ['crt', 'key', 'pub']) await host.remove(`${KUBERNETES_PKI}/${name}.${extension}`)
      }
    }
    await kubeadmPhase(host, ['certs', 'all'], WITH_ITS_DIRECTORY, context)
    // kubeadm does not sync them: after a power cut there could be kubeconfigs, but empty certificates.
    await host.run(['sync', ...FILES, KUBERNETES_PKI], WITH_ITS_DIRECTORY, { signal: context.signal })
  },
}

async function damaged(host: HostView): Promise<string[]> {
  const names = [...PAIRS, SERVICE_ACCOUNTS]
  const whole = await Promise.all(names.map((name) => isWhole(host, name)))
  return names.filter((_, index) => !whole[index])
}

async function isWhole(host: HostView, name: string): Promise<boolean> {
  const isAccounts = name === SERVICE_ACCOUNTS
  const [open, secret] = await Promise.all([
    host.read(`${KUBERNETES_PKI}/${name}.${isAccounts ? 'pub' : 'crt'}`),
    host.read(`${KUBERNETES_PKI}/${name}.key`),
  ])
  if (open === undefined || secret === undefined) return false
  try {
    const key = createPrivateKey(secret)
    if (isAccounts) return createPublicKey(key).equals(createPublicKey(open))
    return new X509Certificate(open).checkPrivateKey(key)
  } catch {
    // Empty or truncated.
    return false
  }
}
