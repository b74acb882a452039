import { AgentError, type ErrorReport, reportOf } from '../../base/agent-error.ts'
import { command } from '../../base/command.ts'
import type { EngineEvent } from '../../engine/event.ts'
import { runWorkflow } from '../../engine/run-workflow.ts'
import { findCommand } from '../../host/files/find-command.ts'
import type { HostView } from '../../host/host.ts'
import { journalText, quoted, reasonLines } from '../../host/units/log-lines.ts'
import type { OperationAnswer } from '../../protocol/wire/operation.ts'
import type { AgentPaths } from '../paths.ts'
import type { Workspace } from '../restore/workspace.ts'
import { type Tools, TRIAL_SECONDS } from './guard.ts'
import { isOf, parseRecord, type UpdateOrder } from './record.ts'
import { type UpdateParams, updateWorkflow } from './steps.ts'

export type UpdateAnswer = { outcome: 'done' } | NotYet | { outcome: 'failed'; error: ErrorReport }
type NotYet = Pick<Extract<OperationAnswer, { outcome: 'not-yet' }>, 'outcome' | 'waitingFor'>

export interface UpdateOptions {
  paths: AgentPaths
  order: UpdateOrder
  /** Undefined before the node has enrolled. */
  access(): Pick<UpdateParams, 'config' | 'tls'> | undefined
  view: HostView
  /** The ledger is opened only for work. */
  workspace(): Promise<Workspace>
  emit(event: EngineEvent): void
  signal: AbortSignal
}

const notYet = (waitingFor: string): NotYet => ({ outcome: 'not-yet', waitingFor })

/** Brings the update on, and says how far it is. The controller asks until it is done or has failed. */
export async function updateAgent(options: UpdateOptions): Promise<UpdateAnswer> {
  try {
    return (await stateOf(options)) ?? (await carryOut(options))
  } catch (error) {
    if (error instanceof AgentError && error.code === 'ledger/busy') return notYet('another change of this node to end')
    return { outcome: 'failed', error: reportOf(error) }
  }
}

/** Undefined if there is work to do. */
async function stateOf({ paths, order, view }: UpdateOptions): Promise<UpdateAnswer | undefined> {
  const isOnTrial = await exists(view, paths.guardTimerFile)
  const isThere = (await view.sha256(paths.executable)) === order.sha256
  if (isThere) return isOnTrial ? notYet('the controller to welcome the new agent') : { outcome: 'done' }
  const record = parseRecord(await view.read(paths.updateFile))
  if (isOf(record, order) && record.reached === 'swapped') {
    return { outcome: 'failed', error: reportOf(await cameBack(view, paths, order, record.at)) }
  }
  if (isOnTrial) return notYet('the end of another update')
  return (await exists(view, paths.instructionFile)) ? notYet('the run of the node to end') : undefined
}

const exists = async (view: HostView, path: string) => (await view.stat(path)) !== undefined

async function cameBack(view: HostView, { unit }: AgentPaths, { version }: UpdateOrder, at: string) {
  const lines = reasonLines(await journalText(view, unit, Date.parse(at)))
  return new AgentError(
    'agent-update/came-back',
    `the controller did not welcome agent ${version} within ${TRIAL_SECONDS} s, so the former agent runs again${quoted(lines)}`,
    { fix: command`journalctl --unit ${unit} --since ${`${at.slice(0, 19).replace('T', ' ')} UTC`}` },
  )
}

async function carryOut({ paths, order, access, view, workspace, emit, signal }: UpdateOptions): Promise<UpdateAnswer> {
  const way = access()
  if (!way) return notYet('the node to enrol')
  const tools = await toolsOf(view)
  const { machine, ledger, hostFor } = await workspace()
  let error: ErrorReport | undefined
  try {
    // The controller may have sent an instruction while the ledger was in use.
    if (await exists(view, paths.instructionFile)) return notYet('the run of the node to end')
    const outcome = await runWorkflow({
      workflow: updateWorkflow,
      params: { paths, order, tools, ...way },
      run: `update-${order.sha256.slice(0, 12)}-${order.attempt}`,
      ...{ view: machine, hostFor, ledger, signal },
      emit(event) {
        if (event.kind === 'run-ended') error = event.error
        emit(event)
      },
    })
    if (outcome === 'cancelled') return notYet('the agent to start again')
    if (error) return { outcome: 'failed', error }
  } finally {
    await ledger.close()
  }
  // Ends this process, too.
  await machine.execute([tools.systemctl, '--no-block', 'restart', paths.unit])
  return notYet('the new agent to connect')
}

async function toolsOf(view: HostView): Promise<Tools> {
  const [mv, systemctl] = await Promise.all(['mv', 'systemctl'].map((name) => findCommand(view, name)))
  if (mv !== undefined && systemctl !== undefined) return { mv, systemctl }
  throw new AgentError('agent-update/no-tools', 'found no mv or no systemctl on this node; an update needs both', {
    fix: 'install coreutils and systemd',
  })
}
