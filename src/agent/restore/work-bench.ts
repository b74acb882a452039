import { join } from 'node:path'
import { AgentError } from '../../base/agent-error.ts'
import { retry } from '../../base/retry.ts'
import type { RecordChange } from '../../host/change.ts'
import type { DurableLog } from '../../host/durable-log.ts'
import type { HostView } from '../../host/host.ts'
import { openDurableLog } from '../../host/linux/files/durable-log.ts'
import { linuxMachine } from '../../host/linux/linux-machine.ts'
import { recordingHost } from '../../host/recording.ts'
import { openLedger } from '../../ledger/ledger.ts'
import type { AgentPaths } from '../paths.ts'
import type { WorkBench } from './bench.ts'
import { afterSnapshot } from './snapshots.ts'

const RETRY_MS = 200

/**
 * Before the first change of all, the machine is looked at as it is. Throws AgentError `ledger/busy` when another process is still at work
 * after `patienceMs`.
 */
export async function openWorkBench(paths: AgentPaths, patienceMs = 0, signal?: AbortSignal): Promise<WorkBench> {
  const machine = linuxMachine()
  const ledger = await openLedger(await openLog(paths, machine, patienceMs, signal))
  const backupDirectory = backupsOf(paths)
  const hostFor = (record: RecordChange) => recordingHost({ machine, record, backupDirectory })
  return afterSnapshot({ machine, ledger, hostFor }, paths, 'install')
}

export function backupsOf({ stateDirectory }: Pick<AgentPaths, 'stateDirectory'>): string {
  return join(stateDirectory, 'backups')
}

async function openLog(
  { ledgerDirectory }: AgentPaths,
  view: HostView,
  patienceMs: number,
  signal?: AbortSignal,
): Promise<DurableLog> {
  const policy = { firstMs: RETRY_MS, tries: 1 + Math.ceil(patienceMs / RETRY_MS) }
  const mayPass = (error: unknown) => error instanceof AgentError && error.code === 'ledger/busy'
  const open = () => openDurableLog(ledgerDirectory, 'ledger')
  return retry(policy, open, { clock: view, mayPass, ...(signal && { signal }) })
}
