import { command } from '../../base/command.ts'
import type { Remedy, RenderedRemedy } from '../../base/remedy.ts'
import type { NodeRole } from '../names.ts'

/**
 * What an administrator can do about an error. Arguments that are absent or listed in `choose` are for the administrator to
 * choose. `shell` is a command to run on the machine of a node.
 */
export type Action =
  | { do: 'agents.import' | 'bundle.import' | 'node.list' | 'admin.create' | 'admin.list' | 'ca.rotate' | 'ca.status' }
  | { do: 'admin.revoke'; administrator: string }
  | { do: 'creds.list' | 'creds.renew' | 'cluster.join-command'; cluster?: string }
  | { do: 'cluster.create'; choose: readonly ('pod-subnet' | 'service-subnet')[] }
  | {
      do:
        | 'cluster.access'
        | 'cluster.backup.list'
        | 'cluster.images.list'
        | 'cluster.kubeconfig'
        | 'cluster.provision'
        | 'cluster.recover'
        | 'cluster.reset'
        | 'cluster.show'
      cluster?: string
    }
  | { do: 'cluster.delete'; cluster: string; force?: true }
  | { do: 'cluster.upgrade'; cluster: string; with: 'resume' | 'cancel' | 'dry-run'; to?: string }
  | { do: 'node.approve'; node?: string; replace?: string }
  | { do: 'node.logs' | 'node.show'; node?: string }
  | { do: 'node.remove'; node?: string; force?: true }
  | { do: 'node.update'; node?: string }
  | { do: 'node.update'; cluster: string; with: 'resume' | 'cancel' }
  | {
      do: 'node.configure'
      node?: string
      roles?: readonly NodeRole[]
      interface?: string
      choose?: readonly ['interface']
    }
  | { do: 'shell'; command: string; on?: string }

const VALUES = { interface: 'INTERFACE', 'pod-subnet': 'RANGE', 'service-subnet': 'RANGE' }

/** The action as a command line. */
export function commandOf(action: Action): string {
  if (action.do === 'shell') return action.command
  return command`controller ${[...action.do.split('.'), ...subjectOf(action), ...optionsOf(action)]}`
}

type OfController = Exclude<Action, { do: 'shell' }>

function subjectOf(action: OfController): string[] {
  if (action.do === 'node.list' || action.do === 'admin.list' || action.do.startsWith('ca.')) return []
  if (action.do === 'bundle.import') return ['FILE_OR_DIRECTORY']
  if (action.do === 'agents.import') return ['DIRECTORY']
  if (action.do === 'cluster.create' || action.do === 'admin.create') return ['NAME']
  if (action.do === 'admin.revoke') return [action.administrator]
  if (action.do === 'node.update' && 'cluster' in action) return ['--cluster', action.cluster]
  if (action.do.startsWith('node.')) return ['node' in action && action.node !== undefined ? action.node : 'NODE']
  return ['cluster' in action && action.cluster !== undefined ? action.cluster : 'CLUSTER']
}

function optionsOf(action: OfController): string[] {
  const chosen = 'choose' in action ? (action.choose ?? []) : []
  return [
    ...(action.do === 'node.configure' ? ['--role', action.roles?.join(',') ?? 'ROLES'] : []),
    ...('interface' in action && action.interface !== undefined ? ['--interface', action.interface] : []),
    ...(action.do.endsWith('.import') ? ['--data', 'DATA_DIRECTORY'] : []),
    ...chosen.flatMap((name) => [`--${name}`, VALUES[name]]),
    ...('replace' in action && action.replace !== undefined ? ['--replace', action.replace] : []),
    ...('to' in action && action.to !== undefined ? ['--to', action.to] : []),
    ...('with' in action ? [`--${action.with}`] : []),
    ...('force' in action && action.force ? ['--force'] : []),
  ]
}

/** The fix of an error, as text and as data. Actions stand within the text: remedy`${{ do: 'node.approve', node }}, then retry`. */
export function remedy(texts: TemplateStringsArray, ...among: (Action | RenderedRemedy | string)[]): RenderedRemedy {
  const parts = texts.flatMap((text, i) => [text, ...partsOf(among[i] ?? '')])
  return { fix: parts.map(textOf).join(''), remedy: joined(parts) }
}

/** The fix of an error, as a part of another one. */
export const fixOf = ({ fix, remedy }: { fix: string; remedy?: Remedy | undefined }): RenderedRemedy | string =>
  remedy ? { fix, remedy } : fix

function partsOf(part: Action | RenderedRemedy | string): Remedy {
  return typeof part === 'object' && 'remedy' in part ? part.remedy : [part]
}

function textOf(part: Remedy[number]): string {
  return typeof part === 'string' ? part : commandOf(part as Action)
}

/** Concatenates adjacent texts. */
function joined(parts: Remedy): Remedy {
  const result: Remedy[number][] = []
  for (const part of parts) {
    const last = result.at(-1)
    if (typeof part === 'string' && typeof last === 'string') result[result.length - 1] = last + part
    else if (part !== '') result.push(part)
  }
  return result
}
