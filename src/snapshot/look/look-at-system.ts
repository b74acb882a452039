import { AgentError } from '../../base/agent-error.ts'
import type { Argv } from '../../host/argv.ts'
import { readMounts } from '../../host/files/read-mounts.ts'
import type { HostView, Output } from '../../host/host.ts'
import { cgroupHierarchies, subdirectories } from '../../host/kernel/cgroup-hierarchies.ts'
import type { Facts } from '../facts.ts'
import type { Observer } from './observer.ts'

const LIMITS = { timeoutMs: 30_000, maxBytes: 16 * 2 ** 20 }

/** Every installed unit, and whether enabled ones are active. Also failed units without a file. */
export async function lookAtUnits({ view }: Observer): Promise<Facts> {
  const plain = ['--no-legend', '--no-pager', '--plain', '--full']
  const [files, units] = await Promise.all([
    outputOf(view, ['systemctl', 'list-unit-files', ...plain]),
    outputOf(view, ['systemctl', 'list-units', '--all', ...plain]),
  ])
  const facts: Facts = {}
  for (const [name = '', state = ''] of wordsOf(files)) facts[name] = state
  for (const [name = '', load, active] of wordsOf(units)) {
    if (active === 'failed' && load === 'not-found') facts[name] = 'failed, without a file'
    if (active === 'active' && facts[name] === 'enabled') facts[name] = 'enabled, active'
  }
  return facts
}

export async function lookAtMounts({ view }: Observer): Promise<Facts> {
  const mounts = await readMounts(view)
  const facts: Facts = {}
  for (const { mountPoint, fileSystem, source } of mounts) {
    const below = facts[mountPoint]
    facts[mountPoint] = `${below === undefined ? '' : `${below}, over it `}${fileSystem} of ${source}`
  }
  return facts
}

export async function lookAtModules({ view }: Observer): Promise<Facts> {
  const names = wordsOf((await view.read('/proc/modules')) ?? '').flatMap(([name]) => name ?? [])
  return Object.fromEntries(names.map((name) => [name, 'loaded']))
}

/** Accounts and groups, without passwords. */
export async function lookAtUsers({ view }: Observer): Promise<Facts> {
  const [users, groups] = await Promise.all([view.read('/etc/passwd'), view.read('/etc/group')])
  const facts: Facts = {}
  for (const [name, , uid, gid, , home, shell] of fieldsOf(users)) facts[`${name}`] = `${uid}:${gid} ${home} ${shell}`
  for (const [name, , gid, members] of fieldsOf(groups)) facts[`group ${name}`] = `${gid} ${members}`
  return facts
}

/** The top level of each hierarchy. Groups below it belong to systemd's units or to these groups. */
export async function lookAtCgroups({ view }: Observer): Promise<Facts> {
  const hierarchies = await cgroupHierarchies(view)
  const groups = await Promise.all(hierarchies.map((hierarchy) => subdirectories(view, hierarchy)))
  return Object.fromEntries(groups.flat().map((path) => [path, 'a control group']))
}

export async function outputOf(view: HostView, argv: Argv): Promise<string> {
  return requireSuccess(await view.ask(argv, LIMITS), argv)
}

/** The stdout of a command that succeeded, because an incomplete list proves nothing. */
export function requireSuccess({ exitCode, stdout, stderr }: Output, argv: Argv): string {
  if (exitCode === 0) return stdout
  throw new AgentError('snapshot/no-answer', `${argv.join(' ')} ended with exit code ${exitCode}: ${stderr.trim()}`, {
    fix: 'run the command by hand to find out why',
  })
}

function wordsOf(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([first]) => first !== '')
}

function fieldsOf(text = ''): string[][] {
  return text
    .split('\n')
    .filter((line) => line.includes(':'))
    .map((line) => line.split(':'))
}
