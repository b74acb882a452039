import type { Declaration } from '../../../protocol/declaration/declaration.ts'
import { OVERRIDABLE } from '../../../protocol/settings/overrides.ts'
import { checkOverride } from '../../../provision/kubeadm/overrides.ts'
import { checkDocument } from './check.ts'
import { parseDocuments, type Source } from './documents.ts'
import { type Problem, refuseAll } from './problem.ts'
import { readText } from './read-text.ts'

export interface Loaded {
  source: Source
  declaration: Declaration
}

/** The declarations in a file, or in standard input for `-`. Throws one error with everything that is wrong with them. */
export async function loadDeclarations(path: string): Promise<Loaded[]> {
  const file = path === '-' ? 'stdin' : path
  const checked = parseDocuments(file, await readText(path, 'declaration')).map((source) => ({
    source,
    ...checkDocument(source),
  }))
  const loaded = checked.flatMap((each) => ('declaration' in each ? [each] : []))
  const overrides = await Promise.all(loaded.map(overrideProblems))
  refuseAll([
    ...checked.flatMap((each) => ('problems' in each ? each.problems : [])),
    ...loaded.flatMap((each, at) => repeated(each, loaded.slice(0, at))),
    ...overrides.flat(),
  ])
  return loaded
}

function repeated({ source, declaration }: Loaded, earlier: readonly Loaded[]): Problem[] {
  const { name } = declaration.metadata
  if (!earlier.some((each) => each.declaration.metadata.name === name)) return []
  const path = ['metadata', 'name']
  const found = `found a second document for cluster ${name}; wanted one`
  return [{ place: source.placeOf(path), field: path.join('.'), found, fix: 'merge them' }]
}

/** The administrator sees now what a component could not use, not when a node is provisioned. */
async function overrideProblems({ source, declaration }: Loaded): Promise<Problem[]> {
  const { AgentError } = await import('../../../base/agent-error.ts')
  const all = OVERRIDABLE.map(async (component): Promise<Problem[]> => {
    const path = ['spec', 'overrides', component]
    const text = declaration.spec.overrides?.[component]
    try {
      if (text !== undefined) await checkOverride(component, text)
      return []
    } catch (error) {
      if (!(error instanceof AgentError)) throw error
      const { message: found, fix, code } = error
      return [{ place: source.placeOf(path), field: path.join('.'), found, fix, code }]
    }
  })
  return (await Promise.all(all)).flat()
}
