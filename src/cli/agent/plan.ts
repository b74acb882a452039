import type { Command } from 'commander'
import type { PlannedStep } from '../../engine/plan-workflow.ts'
import { formatOption } from '../kit/output.ts'
import { planData, planText } from './plan-text.ts'
import { FORMATS, type Format, interruption, optionsOf, pathsFor, requireRoot } from './surroundings.ts'

export function registerPlan(program: Command): void {
  program
    .command('plan')
    .summary('show what the pending instruction would change')
    .description(
      'Lists the changes that the pending instruction would make on this node, and how each is undone. Changes nothing.',
    )
    .addOption(formatOption(FORMATS))
    .addHelpText('after', '\nExamples:\n  sudo agent plan\n  sudo agent plan -o json\n')
    .action(async (_: object, command: Command) => {
      const { instance, output } = optionsOf<{ output: Format }>(command)
      const { planInstruction } = await import('../../agent/execute/plan.ts')
      requireRoot(process.geteuid?.() ?? 0, 'a plan')
      print(await planInstruction(pathsFor(instance), interruption()), output)
    })
}

function print(steps: readonly PlannedStep[], format: Format): void {
  const text = planText(steps) || 'No changes: the node has no pending instruction, or all of it is done.\n'
  process.stdout.write(format === 'json' ? `${JSON.stringify(planData(steps))}\n` : text)
}
