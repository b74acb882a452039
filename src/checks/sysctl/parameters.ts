import type { HostView } from '../../host/host.ts'
import type { BootSetting } from './boot-settings.ts'

/** Provisioning sets these parameters in a file of this name; only a file that is read later can override it. */
const PROVISIONING_FILE = '90-cantrip-kubernetes.conf'
export const SET_BY_PROVISIONING = ['net.ipv4.ip_forward', 'net.bridge.bridge-nf-call-iptables']

/** The kubelet, readers of container logs and programs in pods watch hundreds of files. */
export const AT_LEAST = [
  { key: 'fs.inotify.max_user_instances', least: 1024 },
  { key: 'fs.inotify.max_user_watches', least: 65_536 },
] as const

export const STRICT = '1'

export async function parameter(host: HostView, key: string): Promise<string | undefined> {
  return (await host.read(`/proc/sys/${key.replaceAll('.', '/')}`))?.trim()
}

/** Whether a file that is read after the one of provisioning sets another value. */
export function isOverridden({ value, file }: BootSetting): boolean {
  return value !== '1' && (file.split('/').at(-1) ?? '') >= PROVISIONING_FILE
}
