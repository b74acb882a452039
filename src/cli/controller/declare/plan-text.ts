import { printable } from '../../../base/text/printable.ts'
import { shorten } from '../../../base/text/shorten.ts'
import type { DeclarationPlan, FieldChange } from '../../../protocol/declaration/routes.ts'

export const hasChanges = ({ isNew, changes, nodes }: DeclarationPlan): boolean =>
  isNew || changes.length > 0 || nodes.length > 0

/** What changes, or has changed: one line for each field and node. `done`: whether it is done. */
export function planText(plan: DeclarationPlan, done: boolean): string {
  const { cluster, isNew, changes, upgrade, nodes, conflicts } = plan
  const stay = conflicts.map(({ name, problem }) => `  [!] node ${name} stays as it is: ${problem}`)
  const head = isNew ? (done ? 'created' : 'would be created') : done ? 'changed' : 'would change'
  const lines = hasChanges(plan)
    ? [
        `Cluster ${cluster} ${head}:`,
        ...changes.map((change) => `  ${changeText(change)}`),
        ...(upgrade ? [`  ~ ${upgradeText(cluster, upgrade)}`] : []),
        ...nodes.map(
          ({ name, action, detail }) => `  ${action === 'remove' ? '-' : '~'} node ${name}: ${action}, ${detail}`,
        ),
      ]
    : [`No changes: cluster ${cluster} is as declared.`]
  return [...lines, ...stay].map((line) => `${printable(line)}\n`).join('')
}

function upgradeText(cluster: string, { from, rounds, nodes }: NonNullable<DeclarationPlan['upgrade']>): string {
  const order = `controller cluster upgrade ${cluster} --to ${rounds.at(-1)} --dry-run`
  return `upgrade of ${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'} from ${from} to ${rounds.join(', then ')}; see: ${order}`
}

function changeText({ path, from, to }: FieldChange): string {
  if (from === null) return `+ ${path}: ${short(to)}`
  if (to === null) return `- ${path}: ${short(from)}`
  return `~ ${path}: ${short(from)} -> ${short(to)}`
}

const short = (text: string | null) => shorten(text ?? '', 200)
