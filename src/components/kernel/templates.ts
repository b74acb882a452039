import { KUBELET_SYSCTLS } from '../../host/kernel/kubelet-sysctls.ts'

/** overlay is for containerd's snapshots; with br_netfilter packets between pods on one bridge pass kube-proxy's rules. */
export const MODULES = ['overlay', 'br_netfilter'] as const

const SYSCTLS: readonly (readonly [key: string, value: string])[] = [
  ['net.ipv4.ip_forward', '1'],
  ['net.bridge.bridge-nf-call-iptables', '1'],
  ['net.bridge.bridge-nf-call-ip6tables', '1'],
]

/** @param protects the kubelet has protectKernelDefaults: it does not set its parameters, and exits if they differ */
export function sysctlsFor(protects: boolean): typeof SYSCTLS {
  return protects ? [...SYSCTLS, ...KUBELET_SYSCTLS] : SYSCTLS
}

export function modulesFile(): string {
  return MODULES.map((name) => `${name}\n`).join('')
}

export function sysctlFile(sysctls: typeof SYSCTLS): string {
  return sysctls.map(([key, value]) => `${key} = ${value}\n`).join('')
}
