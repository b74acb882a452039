import { type DeclarationPlan, declarationRoutes } from '../../../protocol/declaration/routes.ts'
import type { AdminClient } from '../session/client.ts'
import type { Loaded } from './load.ts'
import { fieldText, type Problem, refuseAll } from './problem.ts'

export interface Planned extends Loaded {
  plan: DeclarationPlan
}

/** What the file would change. Throws one error with all reasons for which the controller would refuse it. */
export async function planAll(client: AdminClient, loaded: readonly Loaded[], prune: boolean): Promise<Planned[]> {
  const planned: Planned[] = []
  for (const each of loaded) {
    const query = { dryRun: '1', prune: prune ? '1' : undefined } as const
    const { declaration } = each
    planned.push({
      ...each,
      plan: await client.ask(declarationRoutes.applyDeclaration, { query, body: { declaration } }),
    })
  }
  refuseAll(planned.flatMap(problemsIn))
  return planned
}

function problemsIn({ source, plan }: Planned): Problem[] {
  return plan.problems.map(({ path, code, message: found, fix }) => ({
    ...{ place: source.placeOf(path), field: fieldText(path), found, fix, code },
  }))
}
