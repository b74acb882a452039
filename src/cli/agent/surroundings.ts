import { isSea } from 'node:sea'
import type { Command } from 'commander'
import { layoutOf } from '../../agent/layout.ts'
import { type AgentPaths, INSTANCE_NAME, pathsOf } from '../../agent/paths.ts'
import { AgentError } from '../../base/agent-error.ts'

export interface GlobalOptions {
  instance?: string
  verbose?: boolean
  /** False with --no-color. */
  color?: boolean
}

/** Instance names that would collide with directories and units of provisioning and of the controller, such as cantrip-containerd. */
const TAKEN = [
  'api-watch',
  'baked',
  'containerd',
  'controller',
  'controller-service',
  'day0',
  'join',
  'node-dns',
  'operator',
]

/** The paths of an installation. `osHint`: --os-hint, for one that is not there yet. */
export function pathsFor(instance: string | undefined, osHint?: string): AgentPaths {
  if (instance === undefined || isUsable(instance)) return pathsOf(instance, '', layoutOf({ instance, osHint }))
  throw new AgentError('usage/instance', `"${instance}" is not a valid instance name`, {
    fix: `use at most 32 lower-case letters, digits and hyphens, and none of ${TAKEN.join(', ')}`,
    kind: 'invalid',
  })
}

function isUsable(instance: string): boolean {
  return INSTANCE_NAME.test(instance) && !TAKEN.includes(instance)
}

export function optionsOf<T extends object>(command: Command): T & GlobalOptions {
  return command.optsWithGlobals<T & GlobalOptions>()
}

export function requireRoot(uid: number, what: string): void {
  if (uid === 0) return
  throw new AgentError('privilege/not-root', `${what} needs root; found user ${uid}`, {
    fix: 'run it with sudo',
    kind: 'invalid',
  })
}

/**
 * The file that runs now. Nobody can write to it while it runs (ETXTBSY), but the owner of its path could replace it
 * there. Throws AgentError `install/from-source` if the agent runs from source.
 */
export function ownExecutable(): string {
  if (isSea()) return '/proc/self/exe'
  throw new AgentError(
    'install/from-source',
    'the agent runs from source; only the executable that scripts/build creates can be installed',
    {
      fix: 'scripts/build, then run dist/agent-linux-x64',
      kind: 'invalid',
    },
  )
}

export const FORMATS = ['text', 'json'] as const
export type Format = (typeof FORMATS)[number]

/** The first Ctrl-C, or the end of the terminal, ends the work at the next safe point; a second one ends the process at once. */
export function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(name, () => controller.abort(new Interrupted()))
  return controller.signal
}

export class Interrupted extends AgentError {
  constructor() {
    super('interrupted', 'interrupted; every change made so far is in the ledger', {
      fix: 'run the same command again: it continues where it stopped',
      kind: 'interrupted',
    })
  }
}
