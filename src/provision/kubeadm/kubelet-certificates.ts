import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Argv } from '../../host/argv.ts'
import type { Host, HostView } from '../../host/host.ts'
import { KUBELET_CONF, KUBELET_IDENTITY, KUBELET_STATE, KUBERNETES } from '../paths.ts'
import { WITH_ITS_DIRECTORY } from './kubeadm-phase.ts'

const PKI = `${KUBELET_STATE}/pki`
/** What it serves with; made by kubelet where neither half is there. */
const SERVING = { certificate: `${PKI}/kubelet.crt`, key: `${PKI}/kubelet.key` }

/** Whether kubelet has its own certificate of the cluster, with its key in the same file. */
export async function hasIdentity(host: HostView): Promise<boolean> {
  const text = await host.read(KUBELET_IDENTITY)
  return isPair(text, text)
}

/** What a power cut left of files that kubelet leaves to the page cache: it ends where it meets them, and makes no others. */
export async function damagedCertificates(host: HostView): Promise<string[]> {
  const identity = (await host.readLink(KUBELET_IDENTITY)) === undefined || (await hasIdentity(host))
  const [certificate, key] = await Promise.all([host.read(SERVING.certificate), host.read(SERVING.key)])
  const serving = (certificate === undefined && key === undefined) || isPair(certificate, key)
  return [...(identity ? [] : [KUBELET_IDENTITY]), ...(serving ? [] : [SERVING.certificate, SERVING.key])]
}

/** kubelet, which systemd starts again and again, makes them anew. No copy is kept, for they may hold keys. */
export async function removeDamagedCertificates(host: Host): Promise<void> {
  const damaged = await damagedCertificates(host)
  if (damaged.length === 0) return
  await host.run(['/usr/bin/rm', '--force', ...damaged], { kind: 'nothing', because: 'kubelet makes them anew' })
}

/** All that kubelet needs for reaching its cluster again: it and kubeadm leave that to the page cache. */
export async function syncKubelet(host: Host, signal: AbortSignal): Promise<void> {
  const files = ['config.yaml', 'kubeadm-flags.env'].map((name) => `${KUBELET_STATE}/${name}`)
  const certificates = [PKI, KUBELET_IDENTITY, SERVING.certificate, SERVING.key]
  const argv: Argv = ['sync', KUBELET_CONF, KUBERNETES, KUBELET_STATE, ...files, ...certificates]
  // Where kubelet was told to serve with a certificate of the cluster, the pair of its own is missing.
  await host.run(argv, WITH_ITS_DIRECTORY, { signal, okCodes: [0, 1] })
}

function isPair(certificate: string | undefined, key: string | undefined): boolean {
  if (certificate === undefined || key === undefined) return false
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
  } catch {
    // Empty or cut off: not a certificate, not a key.
    return false
  }
}
