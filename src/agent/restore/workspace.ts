import type { RecordChange } from '../../host/change.ts'
import type { Host } from '../../host/host.ts'
import type { Machine } from '../../host/machine.ts'
import type { Ledger } from '../../ledger/ledger.ts'

/** What a process needs to change this machine. It holds the ledger exclusively until it closes it. */
export interface Workspace {
  machine: Machine
  ledger: Ledger
  hostFor(record: RecordChange): Host
}
