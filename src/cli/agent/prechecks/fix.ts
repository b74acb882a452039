import type { AgentPaths } from '../../../agent/paths.ts'
import type { CheckParams } from '../../../engine/checks/check.ts'
import { fixWorkflow } from '../../../engine/checks/fix-workflow.ts'
import type { CheckResult } from '../../../engine/checks/run-checks.ts'
import type { PlannedStep } from '../../../engine/plan-workflow.ts'
import type { Step } from '../../../engine/step.ts'
import { confirm } from '../../kit/confirm.ts'
import { carryOutWorkflow, terminalReporter } from '../carry-out-workflow.ts'
import { planText } from '../plan-text.ts'

interface FixInput {
  results: readonly CheckResult[]
  fixSteps: readonly Step<CheckParams>[]
  params: CheckParams
  paths: AgentPaths
  /** Text output for a person. Otherwise only the result is printed, at the end. */
  isText: boolean
  yes: boolean | undefined
  verbose: boolean | undefined
  signal: AbortSignal
}

/**
 * Fixes the findings that have a reversible fix: lists the changes, asks for confirmation, and makes them through the
 * ledger, so that `agent uninstall` undoes them. Returns the changes.
 */
export async function fix({
  results,
  fixSteps,
  params,
  paths,
  isText,
  yes,
  verbose,
  signal,
}: FixInput): Promise<PlannedStep[]> {
  const print = (text: string) => void (isText && process.stdout.write(text))
  const workflow = fixWorkflow(fixSteps, results)
  const { backupsOf, openWorkspace } = await import('../../../agent/restore/open-workspace.ts')
  const { linuxMachine } = await import('../../../host/linux/linux-machine.ts')
  const { planningHost } = await import('../../../host/planning.ts')
  const { planWorkflow } = await import('../../../engine/plan-workflow.ts')
  const planned = await planWorkflow(
    workflow,
    params,
    planningHost(linuxMachine(paths.layout), backupsOf(paths)),
    signal,
  )
  if (planned.length === 0) {
    print('\nNo finding can be fixed with --fix.\n')
    return planned
  }
  print(`\n--fix makes these changes, and agent uninstall undoes them:\n\n${planText(planned)}\n`)
  await confirm('Make these changes?', yes, signal)
  const workspace = await openWorkspace(paths)
  try {
    const onEvent = isText ? await terminalReporter(verbose) : () => undefined
    await carryOutWorkflow({ workspace, workflow, params, run: 'mend', onEvent, signal })
  } finally {
    await workspace.ledger.close()
  }
  print('\n')
  return planned
}
