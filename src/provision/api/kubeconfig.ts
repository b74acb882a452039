import type { HostView } from '../../host/host.ts'

/** Whether the file is complete: users come last in a kubeconfig, and the key or its path comes last in a user. */
export async function isWholeKubeconfig(host: HostView, path: string): Promise<boolean> {
  const key = /\n\s+client-key(-data)?: (\S+)\n$/.exec((await host.read(path)) ?? '')
  if (key === null) return false
  const [, isInFile, value = ''] = key
  return isInFile === undefined || Buffer.from(value, 'base64').toString().includes('-----END')
}

/** The URL of the API in a kubeconfig as kubeadm and the kubelet write it. */
export function serverIn(kubeconfig: string | undefined): string | undefined {
  return /^\s+server: (\S+)$/m.exec(kubeconfig ?? '')?.[1]
}
