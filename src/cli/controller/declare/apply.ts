import { type DeclarationPlan, declarationRoutes } from '../../../protocol/declaration/routes.ts'
import { confirm } from '../../kit/confirm.ts'
import { type PlainFormat, structured } from '../../kit/output.ts'
import type { AdminClient } from '../session/client.ts'
import { print } from '../session/session.ts'
import { loadDeclarations } from './load.ts'
import { hasChanges, planText } from './plan-text.ts'
import { type Planned, planAll } from './plans.ts'

export interface ApplyFlags {
  admin?: string
  file: string
  dryRun?: boolean
  prune?: boolean
  yes?: boolean
  credentials: string
  output: PlainFormat
}

/** Applies every document of the file, or none if one of them is refused. */
export async function apply(client: AdminClient, flags: ApplyFlags): Promise<void> {
  const { dryRun = false, prune = false, output } = flags
  const planned = await planAll(client, await loadDeclarations(flags.file), prune)
  if (!dryRun) await agree(planned, flags)
  const done: DeclarationPlan[] = []
  for (const each of planned) {
    const { installer: _, ...plan } = dryRun || !hasChanges(each.plan) ? each.plan : await carryOut(client, each, flags)
    done.push(plan)
    if (output === 'text') print(planText(plan, !dryRun))
  }
  if (output !== 'text') print(await structured(output, done))
}

/** What would change; sets exit code 1 if anything. */
export async function diff(client: AdminClient, flags: Pick<ApplyFlags, 'file' | 'prune' | 'output'>): Promise<void> {
  const planned = await planAll(client, await loadDeclarations(flags.file), flags.prune ?? false)
  const plans = planned.map(({ plan }) => plan)
  print(
    flags.output === 'text'
      ? plans.map((plan) => planText(plan, false)).join('')
      : await structured(flags.output, plans),
  )
  if (plans.some(hasChanges)) process.exitCode = 1
}

/** Nodes are removed, and Kubernetes is upgraded, only after somebody has seen which. */
async function agree(planned: readonly Planned[], { yes }: ApplyFlags): Promise<void> {
  const plans = planned.map(({ plan }) => plan)
  const removed = plans.flatMap(({ nodes }) => nodes.filter(({ action }) => action === 'remove'))
  const upgraded = plans.flatMap(({ cluster, upgrade }) => (upgrade ? [`${cluster} to ${upgrade.rounds.at(-1)}`] : []))
  if (removed.length === 0 && upgraded.length === 0) return
  if (!yes)
    process.stderr.write(
      plans
        .filter(hasChanges)
        .map((plan) => planText(plan, false))
        .join(''),
    )
  const names = removed.map(({ name }) => name).join(', ')
  const removal = `Remove ${removed.length === 1 ? 'node' : `${removed.length} nodes:`} ${names}?`
  if (removed.length > 0) await confirm(removal, yes)
  if (upgraded.length > 0) await confirm(`Upgrade cluster ${upgraded.join(', ')}?`, yes)
}

async function carryOut(
  client: AdminClient,
  { declaration, plan }: Planned,
  flags: ApplyFlags,
): Promise<DeclarationPlan> {
  const { name } = declaration.metadata
  const ask = (csr?: string) =>
    client.ask(declarationRoutes.applyDeclaration, {
      query: { prune: flags.prune ? '1' : undefined },
      body: { declaration, csr, revision: plan.revision },
    })
  if (!plan.isNew) return ask()
  const { onEachNode, saveCredentials } = await import('../identities/new-credentials.ts')
  let made = plan
  const files = await saveCredentials(flags.credentials, name, async (csr) => {
    made = await ask(csr)
    if (made.installer === undefined) throw new Error(`cluster ${name} was created without credentials`)
    return made.installer
  })
  const note = `Written: ${files.credentials} and ${files.passphrase}. Keep both secret.\n\n${onEachNode(name)}\n`
  if (flags.output === 'text') print(note)
  else process.stderr.write(note)
  return made
}
