import type { HostView } from '../../host/host.ts'

/** Whether all of it was written. Users come last in the file, and a user's key, or the file with it, last in the user. */
export async function isWholeKubeconfig(host: HostView, path: string): Promise<boolean> {
  const key = /\n\s+client-key(-data)?: (\S+)\n$/.exec((await host.read(path)) ?? '')
  if (key === null) return false
  const [, isInFile, value = ''] = key
  return isInFile === undefined || Buffer.from(value, 'base64').toString().includes('-----END')
}
