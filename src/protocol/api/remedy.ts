import { command } from '../../base/command.ts'
import type { Mending, Remedy } from '../../base/remedy.ts'
import type { NodeRole } from '../names.ts'

/**
 * What an administrator can do about an error. What is absent, or named in `choose`, is for a person to choose. `shell` is
 * a command on a node's own machine.
 */
export type Action =
  | { do: 'bundle.import' | 'node.list' }
  | { do: 'cluster.create'; choose: readonly ('pod-subnet' | 'service-subnet')[] }
  | { do: 'cluster.provision' | 'cluster.reset' | 'cluster.show'; cluster?: string }
  | { do: 'cluster.delete'; cluster: string; force?: true }
  | { do: 'node.approve' | 'node.logs' | 'node.show'; node?: string }
  | { do: 'node.remove'; node?: string; force?: true }
  | {
      do: 'node.configure'
      node?: string
      roles?: readonly NodeRole[]
      interface?: string
      choose?: readonly ['interface']
    }
  | { do: 'shell'; command: string; on?: string }

const VALUES = { interface: 'INTERFACE', 'pod-subnet': 'RANGE', 'service-subnet': 'RANGE' }

/** As a person types it: a command of the controller, or one of the machine. */
export function commandOf(action: Action): string {
  if (action.do === 'shell') return action.command
  return command`controller ${[...action.do.split('.'), ...subjectOf(action), ...optionsOf(action)]}`
}

type OfController = Exclude<Action, { do: 'shell' }>

function subjectOf(action: OfController): string[] {
  if (action.do === 'node.list') return []
  if (action.do === 'bundle.import') return ['FILE_OR_DIRECTORY']
  if (action.do === 'cluster.create') return ['NAME']
  if (action.do.startsWith('node.')) return ['node' in action && action.node !== undefined ? action.node : 'NODE']
  return ['cluster' in action && action.cluster !== undefined ? action.cluster : 'CLUSTER']
}

function optionsOf(action: OfController): string[] {
  const chosen = 'choose' in action ? (action.choose ?? []) : []
  return [
    ...(action.do === 'node.configure' ? ['--role', action.roles?.join(',') ?? 'ROLES'] : []),
    ...('interface' in action && action.interface !== undefined ? ['--interface', action.interface] : []),
    ...(action.do === 'bundle.import' ? ['--data', 'DATA_DIRECTORY'] : []),
    ...chosen.flatMap((name) => [`--${name}`, VALUES[name]]),
    ...('force' in action && action.force ? ['--force'] : []),
  ]
}

/** What mends an error, in words with actions among them: remedy`${{ do: 'node.approve', node }}, then try again`. */
export function remedy(texts: TemplateStringsArray, ...among: (Action | Mending | string)[]): Mending {
  const parts = texts.flatMap((text, i) => [text, ...partsOf(among[i] ?? '')])
  return { fix: parts.map(textOf).join(''), remedy: joined(parts) }
}

function partsOf(part: Action | Mending | string): Remedy {
  return typeof part === 'object' && 'remedy' in part ? part.remedy : [part]
}

function textOf(part: Remedy[number]): string {
  return typeof part === 'string' ? part : commandOf(part as Action)
}

/** Texts that meet become one. */
function joined(parts: Remedy): Remedy {
  const met: Remedy[number][] = []
  for (const part of parts) {
    const last = met.at(-1)
    if (typeof part === 'string' && typeof last === 'string') met[met.length - 1] = last + part
    else if (part !== '') met.push(part)
  }
  return met
}
