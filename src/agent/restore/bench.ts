import type { RecordChange } from '../../host/change.ts'
import type { Host } from '../../host/host.ts'
import type { Machine } from '../../host/machine.ts'
import type { Ledger } from '../../ledger/ledger.ts'

/** What a process that changes this machine works with; it has the ledger to itself until it closes it. */
export interface WorkBench {
  machine: Machine
  ledger: Ledger
  hostFor(record: RecordChange): Host
}
