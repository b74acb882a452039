/** overlay: containerd's file systems; br_netfilter: packets between pods on one bridge pass kube-proxy's rules. */
export const MODULES = ['overlay', 'br_netfilter'] as const

export const SYSCTLS: readonly (readonly [key: string, value: string])[] = [
  ['net.ipv4.ip_forward', '1'],
  ['net.bridge.bridge-nf-call-iptables', '1'],
  ['net.bridge.bridge-nf-call-ip6tables', '1'],
]

export function modulesFile(): string {
  return MODULES.map((name) => `${name}\n`).join('')
}

export function sysctlFile(): string {
  return SYSCTLS.map(([key, value]) => `${key} = ${value}\n`).join('')
}
