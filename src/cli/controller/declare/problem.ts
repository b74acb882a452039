import { AgentError } from '../../../base/agent-error.ts'

export interface Place {
  file: string
  /** Both begin with 1. */
  line: number
  column: number
}

/** Why a file is refused. */
export interface Problem {
  place: Place
  /** e.g. `spec.network.cni`; empty for the file itself. */
  field: string
  /** What was found, and what is wanted. */
  found: string
  fix: string
  /** Of the controller; default `declaration/invalid`. */
  code?: string
}

const MOST_SHOWN = 10

/** Throws one error with all problems, those at the top first; nothing if there are none. */
export function refuseAll(problems: readonly []): undefined
export function refuseAll(problems: readonly [Problem, ...Problem[]]): never
export function refuseAll(problems: readonly Problem[]): undefined
export function refuseAll(problems: readonly Problem[]): undefined {
  const all = problems.toSorted((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
  const [first] = all
  if (!first) return undefined
  const more = all.length > MOST_SHOWN ? [`… and ${all.length - MOST_SHOWN} more`] : []
  const lines = [...all.slice(0, MOST_SHOWN).map(textOf), ...more]
  throw new AgentError(first.code ?? 'declaration/invalid', lines.join('\n    '), { fix: first.fix, kind: 'invalid' })
}

function textOf({ place: { file, line, column }, field, found }: Problem): string {
  return `${file}:${line}:${column}: ${field === '' ? '' : `${field}: `}${found}`
}

/** `spec.nodes[0].match`. */
export function fieldText(path: readonly (string | number)[]): string {
  return path.map((each, at) => (typeof each === 'number' ? `[${each}]` : at === 0 ? each : `.${each}`)).join('')
}
