import type { Hello } from './held-messages.ts'

/**
 * A boot of a machine, as far as its agent and its connection tell: two copies of a disk differ in it. Copies can have the same
 * machine-id, containers the same boot and UUID, and machines behind a proxy the same address. Earlier agents tell the boot only.
 */
export function machineOf(hello: Partial<Hello> | undefined, { address }: { address: string }): string {
  const { bootId = '', machineId = '', productUuid = '' } = hello ?? {}
  return [bootId, machineId, productUuid, address].join(' ')
}

/** Without the address: a machine can have several. The whole text if the agent tells no machine-id. */
export function withoutAddress(machine: string): string {
  const hasMachineId = (machine.split(' ')[1] ?? '') !== ''
  return hasMachineId ? machine.slice(0, machine.lastIndexOf(' ')) : machine
}
