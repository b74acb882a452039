/**
 * The Host of a dry run: the recording host on a simulated machine. It uses the code of a real run, so it lists exactly the
 * changes that a run would record. Later steps see the planned changes of earlier ones.
 */
import { createHash } from 'node:crypto'
import { basename, dirname } from 'node:path/posix'
import type { Change } from './change.ts'
import type { FileStat, Host, Output } from './host.ts'
import { type Machine, sysctlPath } from './machine.ts'
import { recordingHost, viewOf } from './recording.ts'
import type { UnitState } from './undo.ts'

export interface Planning {
  host: Host
  /** Planned changes in order; grows while the host is used. */
  changes: Change[]
}

export function planningHost(machine: Machine, backupDirectory: string): Planning {
  const changes: Change[] = []
  const record = async (change: Change) => void changes.push(change)
  return { host: { ...recordingHost({ machine: pretend(machine), record, backupDirectory }), isDryRun: true }, changes }
}

interface Planned {
  stat: FileStat
  /** Absent if only a real run knows it, as for a download. */
  bytes?: Buffer
  sha256?: string
  target?: string
}

const nothing: Output = { exitCode: 0, stdout: '', stderr: '' }

function pretend(machine: Machine): Machine {
  /** Undefined: planned to be removed. */
  const files = new Map<string, Planned | undefined>()
  const units = new Map<string, UnitState>()

  const statOf = (kind: FileStat['kind'], size: number, mode: number): FileStat => {
    const uid = machine.uid()
    return { kind, size, mode, uid, gid: uid, mtimeMs: machine.now().getTime(), links: 1 }
  }
  const put = (path: string, kind: FileStat['kind'], mode: number, rest: Omit<Planned, 'stat'> = {}) =>
    void files.set(path, { stat: statOf(kind, rest.bytes?.length ?? 0, mode), ...rest })
  const putBytes = (path: string, content: string | Uint8Array, mode: number) => {
    const bytes = Buffer.from(content)
    put(path, 'file', mode, { bytes, sha256: createHash('sha256').update(bytes).digest('hex') })
  }

  const sha256 = async (path: string) => (files.has(path) ? files.get(path)?.sha256 : machine.sha256(path))

  return {
    ...viewOf(machine),
    sha256,
    async sameContent(path, other) {
      if (!files.has(path) && !files.has(other)) return machine.sameContent(path, other)
      const found = await sha256(path)
      return found !== undefined && found === (await sha256(other))
    },
    read: async (path) => (files.has(path) ? files.get(path)?.bytes?.toString() : machine.read(path)),
    stat: async (path) => (files.has(path) ? files.get(path)?.stat : machine.stat(path)),
    readLink: async (path) => (files.has(path) ? files.get(path)?.target : machine.readLink(path)),
    async list(path) {
      const there = files.has(path) ? files.get(path)?.stat.kind === 'directory' && [] : await machine.list(path)
      if (!there) return undefined
      const below = [...files].filter(([other]) => dirname(other) === path)
      const gone = new Set(below.filter(([, planned]) => planned === undefined).map(([other]) => basename(other)))
      const names = [...there, ...below.map(([other]) => basename(other))].filter((name) => !gone.has(name))
      return [...new Set(names)].sort()
    },

    writeFile: async (path, content, mode) => putBytes(path, content, mode),
    createDirectory: async (path, mode) => put(path, 'directory', mode),
    async installFile(source, path, mode) {
      const sum = await sha256(source)
      put(path, 'file', mode, sum === undefined ? {} : { sha256: sum })
    },
    async moveFile(source, path, mode) {
      const sum = await sha256(source)
      put(path, 'file', mode, sum === undefined ? {} : { sha256: sum })
      files.set(source, undefined)
    },
    createLink: async (target, path) => put(path, 'symlink', 0o777, { target }),
    async setMode(path, mode) {
      const planned = files.get(path)
      const stat = planned?.stat ?? (await machine.stat(path))
      if (stat) files.set(path, { ...planned, stat: { ...stat, mode } })
    },
    unlink: async (path) => void files.set(path, undefined),
    async removeDirectory(path) {
      files.set(path, undefined)
      return 'removed'
    },
    async removeTree(path) {
      files.set(path, undefined)
      return []
    },
    backUp: async (path, directory) => `${directory}/${basename(path)}`,
    restoreFile: async (_backup, path, { mode }) => put(path, 'file', mode),
    execute: async () => nothing,
    download: async ({ path, mode, sha256 }) => put(path, 'file', mode ?? 0o644, { sha256 }),
    unitState: async (unit) => units.get(unit) ?? machine.unitState(unit),
    setUnit: async (unit, wanted) => void units.set(unit, { ...units.get(unit), ...wanted }),
    restartUnit: async (unit) => void units.set(unit, { ...units.get(unit), active: true }),
    async daemonReload() {},
    writeSysctl: async (key, value) => putBytes(sysctlPath(key), value, 0o644),
    loadModule: async (name) => put(`/sys/module/${name.replaceAll('-', '_')}`, 'directory', 0o755),
    unloadModule: async (name) => void files.set(`/sys/module/${name.replaceAll('-', '_')}`, undefined),
    async kill() {},
  }
}
