/**
 * What a kubelet wants of the kernel, to the letter: it sets them itself, or ends at its start where it is configured with
 * `protectKernelDefaults: true` (kubelet's setupKernelTunables).
 */
export const KUBELET_SYSCTLS: readonly (readonly [key: string, value: string])[] = [
  ['vm.overcommit_memory', '1'],
  ['vm.panic_on_oom', '0'],
  ['kernel.panic', '10'],
  ['kernel.panic_on_oops', '1'],
  ['kernel.keys.root_maxkeys', '1000000'],
  ['kernel.keys.root_maxbytes', '25000000'],
]
