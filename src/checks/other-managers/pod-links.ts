import { POD_BRIDGE, POD_TUNNEL } from '../../base/kubernetes-names.ts'

/** A link that the pod network creates, with the properties by which network managers match links. */
export interface PodLink {
  name: string
  /** As `networkctl list` shows it. */
  type: string
  /** As the kernel and udev name it. */
  kind: string
}

export const POD_LINKS: readonly PodLink[] = [
  { name: POD_BRIDGE, type: 'bridge', kind: 'bridge' },
  { name: POD_TUNNEL, type: 'vxlan', kind: 'vxlan' },
  { name: 'veth0a1b2c3d', type: 'ether', kind: 'veth' },
]
/** Patterns that match all of them. */
export const PATTERNS = ['cni*', 'flannel*', 'veth*']

/** Whether a name matches a shell pattern (glob(7)). */
export function matchesGlob(name: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  try {
    return new RegExp(`^${source.replace(/\[!/g, '[^')}$`).test(name)
  } catch {
    return false
  }
}

/** The patterns that match these links. */
export function patternsOf(links: readonly PodLink[]): string[] {
  return PATTERNS.filter((pattern) => links.some(({ name }) => matchesGlob(name, pattern)))
}
