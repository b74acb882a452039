import type { Layout } from '../../src/base/layout.ts'
import type { Change } from '../../src/host/change.ts'
import type { Host } from '../../src/host/host.ts'
import { recordingHost } from '../../src/host/recording.ts'
import type { UnitState } from '../../src/host/undo.ts'
import { type CommandAnswer, type FakeMachine, fakeMachine } from './fake-machine.ts'

export interface FakeHostOptions {
  /** By path; parent directories are created. */
  files?: Record<string, string>
  directories?: readonly string[]
  /** path → target */
  links?: Record<string, string>
  units?: Record<string, UnitState>
  /** key → value, e.g. `net.ipv4.ip_forward` */
  sysctls?: Record<string, string>
  modules?: readonly string[]
  hostname?: string
  uid?: number
  arch?: 'x64' | 'arm64'
  layout?: Layout
  memoryBytes?: number
  cpuCount?: number
  now?: Date
  /** Command as one line, split at blanks and matched as a prefix. */
  commands?: Record<string, CommandAnswer>
}

/**
 * A machine in memory with a real recording host on top, usable as HostView for checks and as Host for steps. Prepare it
 * with the options, `on`, `network.on…`, `units` and `files`. Afterwards inspect `calls` and `changes`.
 */
export type FakeHost = Host &
  Pick<
    FakeMachine,
    'on' | 'calls' | 'files' | 'units' | 'modules' | 'downloads' | 'clock' | 'network' | 'killed' | 'facts'
  > & {
    machine: FakeMachine
    /** The recorded changes, in order. */
    changes: Change[]
    /** The text of a file. Throws if the file does not exist. */
    text(path: string): string
    setDisk(disk: Partial<FakeMachine['disk']>): void
  }

export function fakeHost(options: FakeHostOptions = {}): FakeHost {
  const machine = fakeMachine(options.layout)
  prepare(machine, options)
  const changes: Change[] = []
  const host = recordingHost({
    machine,
    record: async (change) => void changes.push(change),
    backupDirectory: '/var/lib/cantrip/backups',
  })
  const { on, calls, files, units, modules, downloads, clock, network, killed, facts } = machine
  return {
    ...host,
    ...{ machine, changes, on, calls, files, units, modules, downloads, clock, network, killed, facts },
    text(path) {
      const bytes = files.bytes(path)
      if (bytes === undefined) throw new Error(`the fake host has no ${path}`)
      return bytes.toString()
    },
    setDisk: (disk) => void Object.assign(machine.disk, disk),
  }
}

function prepare(machine: FakeMachine, options: FakeHostOptions): void {
  const { files } = machine
  if (options.now) machine.clock.nowMs = options.now.getTime()
  for (const path of ['/etc', '/usr/local/bin', '/var/lib', '/proc', '/sys/module', '/run', '/tmp']) {
    files.seedDirectory(path)
  }
  for (const [path, text] of Object.entries(options.files ?? {})) files.seed(path, text)
  for (const path of options.directories ?? []) files.seedDirectory(path)
  for (const [path, target] of Object.entries(options.links ?? {})) files.seedLink(path, target)
  for (const [unit, state] of Object.entries(options.units ?? {})) machine.units.set(unit, state)
  for (const [key, value] of Object.entries(options.sysctls ?? {})) {
    files.seed(`/proc/sys/${key.replaceAll('.', '/')}`, `${value}\n`)
  }
  for (const name of options.modules ?? []) {
    machine.modules.add(name)
    files.seedDirectory(`/sys/module/${name.replaceAll('-', '_')}`)
  }
  if (options.hostname) files.seed('/proc/sys/kernel/hostname', `${options.hostname}\n`)
  for (const [line, answer] of Object.entries(options.commands ?? {})) machine.on(line.split(' '), answer)
  const { uid, arch, memoryBytes, cpuCount } = options
  if (uid !== undefined) files.uid = uid
  Object.assign(
    machine.facts,
    Object.fromEntries(Object.entries({ uid, arch, memoryBytes, cpuCount }).filter(([, value]) => value !== undefined)),
  )
}
