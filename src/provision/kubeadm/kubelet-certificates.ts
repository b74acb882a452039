import { createPrivateKey, X509Certificate } from 'node:crypto'
import { KUBELET_STATE, KUBERNETES } from '../../base/kubernetes-paths.ts'
import type { Argv } from '../../host/argv.ts'
import type { Host, HostView } from '../../host/host.ts'
import { isExpired } from '../certificates/life.ts'
import { KUBELET_CONF, KUBELET_IDENTITY, KUBELET_SERVING } from '../paths.ts'
import { WITH_ITS_DIRECTORY } from './kubeadm-phase.ts'

const PKI = `${KUBELET_STATE}/pki`
/** The serving certificate that the kubelet signs for itself. It creates it if both files are missing. */
const SELF_SIGNED = { certificate: `${PKI}/kubelet.crt`, key: `${PKI}/kubelet.key` }

/**
 * Whether the kubelet has a valid client certificate for the cluster, with the key in the same file. It renews the certificate
 * itself, but not one that has expired.
 */
export async function hasIdentity(host: HostView): Promise<boolean> {
  const text = await host.read(KUBELET_IDENTITY)
  return text !== undefined && isPair(text, text) && !isExpired(new X509Certificate(text), host.now())
}

/** Whether the kubelet requests its serving certificate from the cluster. */
export async function requestsServing(host: HostView): Promise<boolean> {
  return /^serverTLSBootstrap: true$/m.test((await host.read(`${KUBELET_STATE}/config.yaml`)) ?? '')
}

/** Whether it has one that is valid. */
export async function hasServing(host: HostView): Promise<boolean> {
  const text = await host.read(KUBELET_SERVING)
  return text !== undefined && isPair(text, text) && !isExpired(new X509Certificate(text), host.now())
}

/**
 * Files with which the kubelet exits, and which it does not replace: a power cut damaged them, because it does not sync them,
 * or its client certificate has expired.
 */
export async function damagedCertificates(host: HostView): Promise<string[]> {
  const identity = (await host.readLink(KUBELET_IDENTITY)) === undefined || (await hasIdentity(host))
  const { certificate, key } = SELF_SIGNED
  const [own, ownKey, issued] = await Promise.all([certificate, key, KUBELET_SERVING].map((path) => host.read(path)))
  const isWhole = (own === undefined && ownKey === undefined) || isPair(own, ownKey)
  // It replaces one that has expired.
  const isWholeIssued = (await host.readLink(KUBELET_SERVING)) === undefined || isPair(issued, issued)
  return [
    ...(identity ? [] : [KUBELET_IDENTITY]),
    ...(isWhole ? [] : [certificate, key]),
    ...(isWholeIssued ? [] : [KUBELET_SERVING]),
  ]
}

/** The kubelet, which systemd keeps restarting, creates the files again. No copy is kept, because they can contain keys. */
export async function removeDamagedCertificates(host: Host): Promise<void> {
  const damaged = await damagedCertificates(host)
  if (damaged.length === 0) return
  await host.run(['/usr/bin/rm', '--force', ...damaged], { kind: 'nothing', because: 'the kubelet creates them again' })
}

/** Syncs the files that the kubelet needs to reach its cluster after a power cut: neither it nor kubeadm syncs them. */
export async function syncKubelet(host: Host, signal: AbortSignal): Promise<void> {
  const files = ['config.yaml', 'kubeadm-flags.env'].map((name) => `${KUBELET_STATE}/${name}`)
  const certificates = [PKI, KUBELET_IDENTITY, SELF_SIGNED.certificate, SELF_SIGNED.key, KUBELET_SERVING]
  const argv: Argv = ['sync', KUBELET_CONF, KUBERNETES, KUBELET_STATE, ...files, ...certificates]
  // It has one serving certificate: one that it signed itself, or one that the cluster issued.
  await host.run(argv, WITH_ITS_DIRECTORY, { signal, okCodes: [0, 1] })
}

function isPair(certificate: string | undefined, key: string | undefined): boolean {
  if (certificate === undefined || key === undefined) return false
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
  } catch {
    // Empty or truncated.
    return false
  }
}
