import type { AgentPaths } from '../../../agent/paths.ts'
import type { CheckParams } from '../../../engine/checks/check.ts'
import { mendingRole } from '../../../engine/checks/mends.ts'
import type { CheckResult } from '../../../engine/checks/run-checks.ts'
import type { PlannedStep } from '../../../engine/plan-role.ts'
import type { Step } from '../../../engine/step.ts'
import { confirm } from '../../kit/confirm.ts'
import { carryOutRole, terminalReporter } from '../carry-out-role.ts'
import { planText } from '../plan-text.ts'

interface FixInput {
  results: readonly CheckResult[]
  mends: readonly Step<CheckParams>[]
  params: CheckParams
  paths: AgentPaths
  /** Where a person reads along; a program gets one answer at the end. */
  isText: boolean
  yes: boolean | undefined
  verbose: boolean | undefined
  signal: AbortSignal
}

/**
 * Mends what can be mended and taken back again: says what it is about to do, asks, and does it through the ledger, so
 * that `agent uninstall` takes it back. Answers what it did.
 */
export async function fix({
  results,
  mends,
  params,
  paths,
  isText,
  yes,
  verbose,
  signal,
}: FixInput): Promise<PlannedStep[]> {
  const print = (text: string) => void (isText && process.stdout.write(text))
  const role = mendingRole(mends, results)
  const { backupsOf, openWorkBench } = await import('../../../agent/restore/work-bench.ts')
  const { linuxMachine } = await import('../../../host/linux/linux-machine.ts')
  const { planningHost } = await import('../../../host/planning.ts')
  const { planRole } = await import('../../../engine/plan-role.ts')
  const planned = await planRole(role, params, planningHost(linuxMachine(), backupsOf(paths)), signal)
  if (planned.length === 0) {
    print('\nNo finding can be fixed with --fix.\n')
    return planned
  }
  print(`\n--fix makes these changes, and agent uninstall undoes them:\n\n${planText(planned)}\n`)
  await confirm('Do it?', yes, signal)
  const bench = await openWorkBench(paths)
  try {
    const tell = isText ? await terminalReporter(verbose) : () => undefined
    await carryOutRole({ bench, role, params, run: 'mend', tell, signal })
  } finally {
    await bench.ledger.close()
  }
  print('\n')
  return planned
}
