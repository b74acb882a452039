import { AgentError } from '../../base/agent-error.ts'
import type { Argv } from '../../host/argv.ts'
import type { HostView } from '../../host/host.ts'
import { cgroupHierarchies, subdirectories } from '../../host/kernel/cgroup-hierarchies.ts'
import { parseMountinfo } from '../../host/parse/mountinfo.ts'
import type { Facts } from '../facts.ts'
import type { Observer } from './observer.ts'

const PATIENCE = { timeoutMs: 30_000, maxBytes: 16 * 2 ** 20 }

/** Every installed unit; of those that start by themselves also whether they run. Failed ones that have no file too. */
export async function lookAtUnits({ view }: Observer): Promise<Facts> {
  const plain = ['--no-legend', '--no-pager', '--plain', '--full']
  const [files, units] = await Promise.all([
    answerOf(view, ['systemctl', 'list-unit-files', ...plain]),
    answerOf(view, ['systemctl', 'list-units', '--all', ...plain]),
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
  const mounts = parseMountinfo((await view.read('/proc/self/mountinfo')) ?? '')
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

/** Without passwords. */
export async function lookAtUsers({ view }: Observer): Promise<Facts> {
  const [users, groups] = await Promise.all([view.read('/etc/passwd'), view.read('/etc/group')])
  const facts: Facts = {}
  for (const [name, , uid, gid, , home, shell] of fieldsOf(users)) facts[`${name}`] = `${uid}:${gid} ${home} ${shell}`
  for (const [name, , gid, members] of fieldsOf(groups)) facts[`group ${name}`] = `${gid} ${members}`
  return facts
}

/** The uppermost level of each hierarchy: what is below belongs to systemd's units, or to what stands here. */
export async function lookAtCgroups({ view }: Observer): Promise<Facts> {
  const hierarchies = await cgroupHierarchies(view)
  const groups = await Promise.all(hierarchies.map((hierarchy) => subdirectories(view, hierarchy)))
  return Object.fromEntries(groups.flat().map((path) => [path, 'a control group']))
}

/** Throws where the command did not do what it was asked: what it did not list is not known to be absent. */
export async function answerOf(view: HostView, argv: Argv): Promise<string> {
  const { exitCode, stdout, stderr } = await view.ask(argv, PATIENCE)
  if (exitCode === 0) return stdout
  throw new AgentError('snapshot/no-answer', `${argv.join(' ')} ended with exit code ${exitCode}: ${stderr.trim()}`, {
    fix: 'run it by hand to see why',
  })
}

export function wordsOf(text: string): string[][] {
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
