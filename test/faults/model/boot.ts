import type { FakeNode } from '../../support/fake-files.ts'
import type { FakeMachine } from '../../support/fake-machine.ts'
import { mayStart, wantedBy } from './units.ts'

/** Paths that are in memory, and that each boot resets to the state of the first one. */
const VOLATILE = ['/run', '/proc', '/sys', '/model']

export type Volatile = Map<string, FakeNode>

export function volatileOf({ files }: FakeMachine): Volatile {
  return new Map([...files.nodes].filter(([path]) => isVolatile(path)).map(([path, node]) => [path, { ...node }]))
}

/** Boots the machine again: volatile files are as in `first`, enabled units start, and configuration files are applied. */
export async function reboot(machine: FakeMachine, first: Volatile): Promise<void> {
  const { files, units, modules } = machine
  for (const path of [...files.nodes.keys()]) if (isVolatile(path)) files.nodes.delete(path)
  for (const [path, node] of first) files.nodes.set(path, { ...node })
  modules.clear()
  for (const name of linesIn(machine, '/etc/modules-load.d')) if (name !== 'overlay') await machine.loadModule(name)
  for (const line of linesIn(machine, '/etc/sysctl.d')) {
    const [key = '', value] = line.split(' = ')
    files.seed(`/proc/sys/${key.replaceAll('.', '/')}`, `${value}\n`)
  }
  files.seed('/proc/sys/kernel/hostname', files.bytes('/etc/hostname')?.toString() ?? '')
  for (const [unit, state] of units) {
    const isThere = files.get(wantedBy(unit)) !== undefined && files.get(`/etc/systemd/system/${unit}`) !== undefined
    units.set(unit, { ...state, active: isThere && mayStart(machine, unit) })
  }
  await machine.daemonReload()
}

export const isVolatile = (path: string) => VOLATILE.some((top) => path === top || path.startsWith(`${top}/`))

function linesIn({ files }: FakeMachine, directory: string): string[] {
  const names = (files.list(directory) ?? []).filter((name) => name.endsWith('.conf'))
  const texts = names.map((name) => files.bytes(`${directory}/${name}`)?.toString() ?? '')
  return texts.flatMap((text) => text.split('\n')).filter(Boolean)
}
