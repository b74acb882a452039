/**
 * Kernel parameters that the kubelet requires exactly: it sets them, or exits at its start if it is configured with
 * `protectKernelDefaults: true` (setupKernelTunables in the kubelet).
 */
export const KUBELET_SYSCTLS: readonly (readonly [key: string, value: string])[] = [
  ['vm.overcommit_memory', '1'],
  ['vm.panic_on_oom', '0'],
  ['kernel.panic', '10'],
  ['kernel.panic_on_oops', '1'],
  ['kernel.keys.root_maxkeys', '1000000'],
  ['kernel.keys.root_maxbytes', '25000000'],
]
