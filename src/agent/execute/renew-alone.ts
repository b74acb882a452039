import { reportOf } from '../../base/agent-error.ts'
import type { Emit } from '../../engine/event.ts'
import { runWorkflow } from '../../engine/run-workflow.ts'
import { linuxMachine } from '../../host/linux/linux-machine.ts'
import type { NodeParams } from '../../protocol/wire/instruction.ts'
import { certificatesOf } from '../../provision/certificates/certificates-of.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { renewMasterAlone } from '../../roles/renew.ts'
import { readOpenInstruction } from '../link/link-state.ts'
import type { AgentPaths } from '../paths.ts'
import { openWorkspace } from '../restore/open-workspace.ts'
import { afterSnapshot } from '../restore/snapshots.ts'
import type { When } from '../service/certificates/when.ts'
import { awaitClock, requireAfter } from './await-clock.ts'
import { dueAlone, firstEnd } from './due-alone.ts'
import { readCarriedOut } from './execute.ts'

export interface RenewAloneOptions {
  paths: AgentPaths
  when: When
  emit: Emit
  /** It has found nothing to renew: see `firstEnd` in due-alone.ts. */
  onNothingDue(firstEnd: string | null): void
  signal: AbortSignal
}

const LEDGER_MS = 60_000

/**
 * Renews the certificates of a master without the controller, from the last instruction that it signed, if they are due and no
 * instruction is open. The CA keys are on the node. The ledger has the changes under the run of that instruction. After the boot
 * it waits for a time server, if there is one. False after a failure, which is emitted.
 */
export async function renewAlone(options: RenewAloneOptions): Promise<boolean> {
  const { paths, emit, signal } = options
  try {
    if (!readOpenInstruction(paths.provisionedFile) || readOpenInstruction(paths.instructionFile)) return true
    return await renewIfDue(options)
  } catch (error) {
    const ended = { kind: 'run-ended', at: new Date().toISOString(), ms: 0 } as const
    if (!signal.aborted) emit({ ...ended, outcome: 'failed', error: reportOf(error) })
    return false
  }
}

async function renewIfDue({ paths, when, emit, onNothingDue, signal }: RenewAloneOptions): Promise<boolean> {
  const { instruction, identity } = await readCarriedOut(paths)
  if (instruction.role === 'reset' || !instruction.params.node.roles.includes('master')) {
    onNothingDue(null)
    return true
  }
  const view = linuxMachine(paths.layout)
  const look = async () => {
    const certificates = await certificatesOf(view)
    const found = dueAlone(certificates, when, view.now())
    if (found.length === 0) onNothingDue(firstEnd(certificates))
    return found
  }
  if ((await look()).length === 0) return true
  const say = (message: string) => emit({ kind: 'log', at: view.now().toISOString(), level: 'info', message })
  await awaitClock(view, signal, () => say('certificates are renewed when the clock of this machine is synchronized'))
  const due = await look()
  if (due.length === 0) return true
  const workspace = await openWorkspace(paths, LEDGER_MS, signal)
  const { machine, ledger } = workspace
  try {
    requireAfter(ledger.entries(), machine.now())
    say(`renewing certificates without the controller: ${due.join(', ')}`)
    const { hostFor } = afterSnapshot(workspace, paths, 'kubernetes')
    const params = paramsAlone(instruction.run, instruction.params, identity.ca)
    const { run } = instruction
    const outcome = await runWorkflow({
      workflow: renewMasterAlone,
      ...{ params, run, view: machine, hostFor, ledger, emit, signal },
    })
    return outcome === 'done'
  } finally {
    await ledger.close()
  }
}

/** A renewal of a master needs neither the bundle nor the controller. */
function paramsAlone(run: string, params: NodeParams, ca: string): ProvisionParams {
  const unreachable = () => {
    throw new Error('a renewal without the controller needs nothing from it')
  }
  return {
    ...params,
    run,
    task: 'master',
    bundleStore: {
      get manifest() {
        return unreachable()
      },
      file: unreachable,
      pathOf: unreachable,
      fetch: unreachable,
    },
    requestInvitation: unreachable,
    requestOperatorCertificate: unreachable,
    executable: process.execPath,
    controller: { urls: [], ca },
  }
}
