import { createHash } from 'node:crypto'
import { AgentError } from '../../src/base/agent-error.ts'
import { type Layout, STANDARD } from '../../src/base/layout.ts'
import { escapeArgv } from '../../src/base/text/escape-argv.ts'
import type { Argv } from '../../src/host/argv.ts'
import type { AskOptions, DiskSpace, Output, RunOptions } from '../../src/host/host.ts'
import { type Machine, sysctlPath } from '../../src/host/machine.ts'
import type { UnitState } from '../../src/host/undo.ts'
import { FakeFiles } from './fake-files.ts'
import { type FakeNetwork, fakeNetwork } from './fake-network.ts'
import { sourceByRoutes } from './fake-source.ts'

export type CommandMatch = readonly string[] | ((argv: Argv) => boolean)
export type CommandAnswer =
  | Partial<Output>
  | Error
  | ((argv: Argv, options: AskOptions) => Partial<Output> | Promise<Partial<Output>>)

export interface FakeMachine extends Machine {
  readonly files: FakeFiles
  readonly network: FakeNetwork
  readonly units: Map<string, UnitState>
  readonly modules: Set<string>
  readonly downloads: Map<string, Uint8Array>
  /** Every command, read-only or not, in order. */
  readonly calls: Argv[]
  readonly killed: { pid: number; signal: string }[]
  disk: DiskSpace
  /** The duration of each fdatasync. */
  syncMs: (write: number) => number
  facts: { uid: number; arch: 'x64' | 'arm64'; memoryBytes: number; cpuCount: number }
  clock: { nowMs: number }
  /** The last matching answer counts; an array matches as a prefix of the command. */
  on(match: CommandMatch, answer: CommandAnswer): void
}

export function fakeMachine(layout: Layout = STANDARD): FakeMachine {
  const clock = { nowMs: Date.parse('2026-01-01T00:00:00Z') }
  const files = new FakeFiles(() => clock.nowMs)
  const units = new Map<string, UnitState>()
  const modules = new Set<string>()
  const answers: { match: CommandMatch; answer: CommandAnswer }[] = []
  const calls: Argv[] = []
  const killed: FakeMachine['killed'] = []
  const downloads = new Map<string, Uint8Array>()
  const facts: FakeMachine['facts'] = { uid: 0, arch: 'x64', memoryBytes: 8 * 2 ** 30, cpuCount: 4 }

  async function ask(argv: Argv, options: AskOptions = {}): Promise<Output> {
    calls.push(argv)
    options.signal?.throwIfAborted()
    const found = answers.findLast(({ match }) =>
      typeof match === 'function' ? match(argv) : match.every((word, i) => argv[i] === word),
    )
    const answer = found?.answer ?? systemctl(argv, units)
    if (answer instanceof Error) throw answer
    if (answer === undefined) {
      throw new AgentError(
        'command/not-found',
        `${argv[0]} was not found (no answer scripted for: ${escapeArgv(argv)})`,
        {
          fix: `install ${argv[0]}`,
        },
      )
    }
    const given = typeof answer === 'function' ? await answer(argv, options) : answer
    return { exitCode: 0, stdout: '', stderr: '', ...given }
  }

  const machine: FakeMachine = {
    files,
    units,
    modules,
    downloads,
    calls,
    killed,
    clock,
    facts,
    disk: { totalBytes: 100 * 2 ** 30, freeBytes: 50 * 2 ** 30, totalInodes: 1_000_000, freeInodes: 900_000 },
    syncMs: () => 0.5,
    network: fakeNetwork((address) => sourceByRoutes((path) => files.bytes(path)?.toString() ?? '', address)),
    on: (match, answer) => void answers.push({ match, answer }),

    ask,
    read: async (path) => files.bytes(path)?.toString(),
    async readFileItself(path, maxBytes) {
      const stat = files.stat(path)
      if (stat === undefined) return undefined
      const isRead = stat.kind === 'file' && stat.size <= maxBytes
      return { stat, ...(isRead && { text: files.bytes(path)?.toString() ?? '' }) }
    },
    stat: async (path) => files.stat(path),
    async readLink(path) {
      const node = files.get(path)
      return node?.kind === 'symlink' ? node.target : undefined
    },
    list: async (path) => files.list(path),
    diskSpace: async () => machine.disk,
    async syncTimes(_directory, { writes, enough, forMs, atMostMs }) {
      const times: number[] = []
      let tookMs = 0
      while (times.length < writes && tookMs < atMostMs && (tookMs < forMs || times.length < enough)) {
        times.push(machine.syncMs(times.length))
        tookMs += times.at(-1) ?? 0
      }
      return times
    },
    sha256: async (path) => files.sha256(path),
    uid: () => facts.uid,
    arch: () => facts.arch,
    layout,
    hostname: () => files.bytes('/proc/sys/kernel/hostname')?.toString().trim() ?? 'localhost',
    memoryBytes: () => facts.memoryBytes,
    cpuCount: () => facts.cpuCount,
    now: () => new Date(clock.nowMs),
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      clock.nowMs += ms
      await new Promise((resolve) => setImmediate(resolve))
      signal?.throwIfAborted()
    },

    async sameContent(path, other) {
      const found = files.sha256(path)
      return found !== undefined && found === files.sha256(other)
    },
    writeFile: async (path, content, mode) => files.put(path, { kind: 'file', bytes: Buffer.from(content) }, mode),
    createDirectory: async (path, mode) => files.createDirectory(path, mode),
    async installFile(source, path, mode) {
      const bytes = files.bytes(source)
      if (bytes === undefined) throw new Error(`ENOENT: '${source}'`)
      files.put(path, { kind: 'file', bytes }, mode)
    },
    async moveFile(source, path, mode) {
      await machine.installFile(source, path, mode)
      files.delete(source)
    },
    createLink: async (target, path) => files.put(path, { kind: 'symlink', target }, 0o777),
    setMode: async (path, mode) => files.setAttributes(path, { mode }),
    unlink: async (path) => files.delete(path),
    async removeDirectory(path) {
      if ((files.list(path) ?? []).length > 0) return 'not-empty'
      files.delete(path)
      return 'removed'
    },
    async removeTree(path, options) {
      files.deleteTree(path, options?.keepRoot ?? false)
      return []
    },
    async backUp(path, directory) {
      const now = files.get(path)
      if (now?.kind !== 'file') throw new Error(`${path} is no file`)
      files.seedDirectory(directory, { mode: 0o700 })
      const backup = `${directory}/${path.slice(1).replaceAll('/', '-')}.${files.list(directory)?.length ?? 0}`
      files.seed(backup, now.bytes, now)
      return backup
    },
    async restoreFile(backup, path, attributes) {
      const bytes = files.bytes(backup)
      if (bytes === undefined) throw new Error(`ENOENT: '${backup}'`)
      files.put(path, { kind: 'file', bytes }, attributes.mode)
      const { mode, uid, gid, mtimeMs } = attributes
      files.setAttributes(path, { mode, uid, gid, mtimeMs })
    },
    async execute(argv: Argv, options: RunOptions = {}) {
      const output = await ask(argv, options)
      for (const line of output.stdout.split('\n').filter(Boolean)) options.onLine?.(line)
      if ((options.okCodes ?? [0]).includes(output.exitCode)) return output
      const message = `${escapeArgv(argv)} ended with exit code ${output.exitCode}\n${output.stderr}`.trim()
      throw new AgentError('command/failed', message, { fix: 'see its output' })
    },
    async download({ url, path, mode, madeOf, size, sha256 }) {
      const made = Buffer.alloc(size)
      Buffer.concat((madeOf ?? []).map((each) => files.bytes(each) ?? Buffer.alloc(0))).copy(made)
      const isMade = madeOf !== undefined && createHash('sha256').update(made).digest('hex') === sha256
      const bytes = isMade ? made : downloads.get(url)
      if (bytes === undefined) throw new AgentError('download/refused', `${url} answered 404`, { fix: 'none' })
      files.put(path, { kind: 'file', bytes: Buffer.from(bytes) }, mode ?? 0o644)
    },
    unitState: async (unit) => ({ enabled: false, active: false, ...units.get(unit) }),
    async setUnit(unit, wanted) {
      units.set(unit, { enabled: false, active: false, ...units.get(unit), ...wanted })
    },
    async restartUnit(unit) {
      units.set(unit, { enabled: false, ...units.get(unit), active: true })
    },
    async daemonReload() {},
    writeSysctl: async (key, value) => files.seed(sysctlPath(key), `${value}\n`),
    async loadModule(name) {
      modules.add(name)
      files.seedDirectory(`/sys/module/${name.replaceAll('-', '_')}`)
    },
    async unloadModule(name) {
      modules.delete(name)
      files.deleteTree(`/sys/module/${name.replaceAll('-', '_')}`, false)
    },
    async kill(pid, signal) {
      killed.push({ pid, signal })
      files.deleteTree(`/proc/${pid}`, false)
    },
  }
  files.seed('/proc/sys/kernel/hostname', 'node\n')
  return machine
}

/** Answers the most common calls of systemctl from the units of the fake. A test scripts all other calls. */
function systemctl(argv: Argv, units: Map<string, UnitState>): Partial<Output> | undefined {
  if (argv[0] !== 'systemctl') return undefined
  const unit = argv.at(-1) ?? ''
  const state = units.get(unit) ?? units.get(`${unit}.service`)
  if (argv[1] === 'reset-failed') return {}
  if (argv[1] === 'show-environment') return { stdout: 'LANG=C.UTF-8\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n' }
  if (argv[1] === 'is-active') return state?.active ? { stdout: 'active\n' } : { stdout: 'inactive\n', exitCode: 3 }
  if (argv[1] === 'is-enabled') {
    if (state === undefined) return { stderr: 'Failed to get unit file state\n', exitCode: 1 }
    return state.enabled ? { stdout: 'enabled\n' } : { stdout: 'disabled\n', exitCode: 1 }
  }
  return undefined
}
