import { readIfThere } from '../../base/durable-file.ts'

/** What tells this machine from others, as far as it can be read. */
export interface MachineIds {
  /** Another one after each boot. */
  bootId: string
  machineId: string
  /** From the firmware, in lower case; absent on some boards. */
  productUuid?: string
}

/** Reads what tells this machine from others. `root` is the prefix of every path, for tests. */
export function readMachineIds(root = ''): MachineIds {
  const productUuid = firstLine(`${root}/sys/class/dmi/id/product_uuid`).toLowerCase()
  return {
    bootId: firstLine(`${root}/proc/sys/kernel/random/boot_id`),
    machineId: firstLine(`${root}/etc/machine-id`),
    ...(productUuid !== '' && { productUuid }),
  }
}

const MOST_CHARACTERS = 64

/** Empty if the file cannot be read, like those of the firmware in some virtual machines. */
function firstLine(path: string): string {
  try {
    const [line = ''] = (readIfThere(path) ?? '').split('\n')
    return line.trim().slice(0, MOST_CHARACTERS)
  } catch {
    return ''
  }
}
