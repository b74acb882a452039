import type { HostView } from '../../host/host.ts'
import type { BootSetting } from './boot-settings.ts'

/** Kubernetes sets these itself when it is brought up, in a file of this name; only one read after it can undo that. */
const OUR_FILE = '90-cantrip-kubernetes.conf'
export const SET_BY_US = ['net.ipv4.ip_forward', 'net.bridge.bridge-nf-call-iptables']

/** A kubelet, its containers' log readers and their programs watch files by the hundred. */
export const AT_LEAST = [
  { key: 'fs.inotify.max_user_instances', least: 1024 },
  { key: 'fs.inotify.max_user_watches', least: 65_536 },
] as const

export const STRICT = '1'

export async function parameter(host: HostView, key: string): Promise<string | undefined> {
  return (await host.read(`/proc/sys/${key.replaceAll('.', '/')}`))?.trim()
}

/** By a file that is read after ours. */
export function isTakenBack({ value, file }: BootSetting): boolean {
  return value !== '1' && (file.split('/').at(-1) ?? '') >= OUR_FILE
}
