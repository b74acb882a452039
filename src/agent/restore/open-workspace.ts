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
import { replay } from '../../ledger/replay.ts'
import type { AgentPaths } from '../paths.ts'
import { hasUndo, hasUndoOfNode } from './own-undo.ts'
import { afterSnapshot } from './snapshots.ts'
import type { Workspace } from './workspace.ts'

const RETRY_MS = 200

/**
 * Opens the ledger of a machine of which an image is made. No snapshot is taken: what is changed belongs to the state before of the
 * machines of the image.
 */
export const openImageWorkspace = (paths: AgentPaths): Promise<Workspace> => open(paths, 0, hasUndo)

/** Opens the ledger of a machine that is prepared: what was prepared before is replaced, and not kept. */
export const openPreparedWorkspace = async (paths: AgentPaths): Promise<Workspace> =>
  afterSnapshot(await open(paths, 0, hasUndo), paths, 'install')

/**
 * Opens the ledger of this machine. A snapshot is taken before the first change of an installation. Throws AgentError
 * `ledger/busy` if another process still holds the ledger after `timeoutMs`.
 */
export async function openWorkspace(paths: AgentPaths, timeoutMs = 0, signal?: AbortSignal): Promise<Workspace> {
  // What belongs to the image is kept when it is replaced, so that an undo restores it.
  const workspace = await open(paths, timeoutMs, hasUndoOfNode, signal)
  return afterSnapshot(workspace, paths, 'install')
}

async function open(
  paths: AgentPaths,
  timeoutMs: number,
  finds: typeof hasUndo,
  signal?: AbortSignal,
): Promise<Workspace> {
  const machine = linuxMachine(paths.layout)
  const ledger = await openLedger(await openLog(paths, machine, timeoutMs, signal))
  const backupDirectory = backupsOf(paths)
  const hasIt = (path: string) => finds(replay(ledger.entries()).outstanding, path)
  const hostFor = (record: RecordChange) => recordingHost({ machine, record, backupDirectory, hasUndo: hasIt })
  return { machine, ledger, hostFor }
}

export function backupsOf({ stateDirectory }: Pick<AgentPaths, 'stateDirectory'>): string {
  return join(stateDirectory, 'backups')
}

async function openLog(
  { ledgerDirectory }: AgentPaths,
  view: HostView,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<DurableLog> {
  const policy = { firstMs: RETRY_MS, tries: 1 + Math.ceil(timeoutMs / RETRY_MS) }
  const mayPass = (error: unknown) => error instanceof AgentError && error.code === 'ledger/busy'
  const open = () => openDurableLog(ledgerDirectory, 'ledger')
  return retry(policy, open, { clock: view, mayPass, ...(signal && { signal }) })
}
