import * as z from 'zod/mini'
import { NodeLabels } from '../settings/nodes.ts'
import { MOST_MACS } from './machine-limits.ts'

const short = z.string().check(z.maxLength(255))

/** How a machine identifies itself when it enrols: the controller gets its facts only after it was approved. */
export const Machine = z.object({
  machineId: short,
  /** From the firmware; absent on some boards. */
  serial: z.optional(short),
  macs: z.array(short).check(z.maxLength(MOST_MACS)),
  /** The labels that were given to its agent. */
  labels: z.optional(NodeLabels),
})
export type Machine = z.infer<typeof Machine>

/** Of JSON text. Undefined for anything else: it only serves the rules of the cluster. */
export function parseMachine(text: string): Machine | undefined {
  try {
    return Machine.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
