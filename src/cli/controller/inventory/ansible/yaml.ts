import type { Path, Source } from '../../declare/documents.ts'
import { fieldText, type Problem, refuseAll } from '../../declare/problem.ts'
import { invalid } from '../invalid.ts'
import { addPattern } from './add-pattern.ts'
import { emptyGroups, faultIn, type Groups, groupIn } from './groups.ts'

const SECTIONS = ['hosts', 'vars', 'children']
const MOST_NESTED = 20

/** Reads an inventory in Ansible's YAML form. Throws `inventory/invalid` with everything that is wrong. */
export function parseAnsibleYaml(source: Source): Groups {
  const all = emptyGroups()
  const problems: Problem[] = []
  const refuse = (path: Path, found: string, fix: string, of: 'value' | 'key' = 'key') =>
    problems.push(invalid(source.placeOf(path, of), found, fix, fieldText(path)))
  /** The entries of a map; a text stands for a map with this key. */
  const entries = (path: Path, value: unknown): [string, unknown][] => {
    if (value === null || value === undefined) return []
    if (typeof value === 'string') return [[value, null]]
    if (typeof value === 'object' && !Array.isArray(value)) return Object.entries(value)
    refuse(path, 'found no map', 'write NAME: on a line of its own for each', 'value')
    return []
  }
  const read = (path: Path, name: string, value: unknown): void => {
    if (path.length > 2 * MOST_NESTED) return void refuse(path, 'the groups are nested too deeply', 'nest fewer groups')
    const group = groupIn(all, name)
    const sections = new Map(entries(path, value))
    for (const section of sections.keys())
      if (!SECTIONS.includes(section))
        refuse([...path, section], `found ${section}; wanted ${SECTIONS.join(', ')}`, 'move it into vars or children')
    const at = (section: string) => [...path, section]
    for (const [variable, its] of entries(at('vars'), sections.get('vars'))) group.variables.set(variable, its)
    for (const [pattern, its] of entries(at('hosts'), sections.get('hosts'))) {
      const own = [...at('hosts'), pattern]
      const wrong = addPattern(all, name, pattern, new Map(entries(own, its)))
      if (wrong !== undefined) refuse(own, wrong, 'correct the name of the host, or its address')
    }
    for (const [child, its] of entries(at('children'), sections.get('children'))) {
      group.children.add(child)
      read([...at('children'), child], child, its)
    }
  }
  for (const [name, value] of entries([], source.value)) read([name], name, value)
  const fault = problems.length === 0 ? faultIn(all) : undefined
  if (fault) refuse([], ...fault)
  refuseAll(problems)
  return all
}
