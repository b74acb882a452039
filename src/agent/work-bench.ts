import { join } from 'node:path'
import type { RecordChange } from '../host/change.ts'
import type { Host } from '../host/host.ts'
import { openDurableLog } from '../host/linux/durable-log.ts'
import { linuxMachine } from '../host/linux/linux-machine.ts'
import type { Machine } from '../host/machine.ts'
import { recordingHost } from '../host/recording.ts'
import { type Ledger, openLedger } from '../ledger/ledger.ts'
import type { AgentPaths } from './paths.ts'

/** What a process that changes this machine works with; it has the ledger to itself until it closes it. */
export interface WorkBench {
  machine: Machine
  ledger: Ledger
  hostFor(record: RecordChange): Host
}

export async function openWorkBench(paths: AgentPaths): Promise<WorkBench> {
  const machine = linuxMachine()
  const ledger = await openLedger(await openDurableLog(paths.ledgerDirectory, 'ledger'))
  const backupDirectory = backupsOf(paths)
  return { machine, ledger, hostFor: (record) => recordingHost({ machine, record, backupDirectory }) }
}

export function backupsOf({ stateDirectory }: Pick<AgentPaths, 'stateDirectory'>): string {
  return join(stateDirectory, 'backups')
}
