/** The Host of steps: it records the undo of every change, durably, before it makes the change. */

import { isPodNamespace, linksMeantBy } from '../base/kubernetes-names.ts'
import { CNI_STATE, NETWORK_NAMESPACES } from '../base/kubernetes-paths.ts'
import { escapeArgv } from '../base/text/escape-argv.ts'
import { expectedChange, type RecordChange, subjectOf } from './change.ts'
import { realPath } from './files/real-path.ts'
import type { Host, HostView } from './host.ts'
import { mirroredSysctls } from './kernel/mirrored-sysctls.ts'
import { type Machine, sameSysctl, sysctlPath } from './machine.ts'
import { listNftTables } from './network/nft-tables.ts'
import { hasLine } from './parse/lines.ts'
import { isBelow, parseMountinfo } from './parse/mountinfo.ts'
import { recordingFiles } from './recording-files.ts'
import type { Undo } from './undo.ts'

export interface RecordingOptions {
  machine: Machine
  record: RecordChange
  /** Directory for backups of overwritten files. */
  backupDirectory: string
  /** Whether the ledger has the undo of an earlier change that creates or replaces this file; default: no. */
  hasUndo?: (path: string) => boolean
}

export function recordingHost({ machine, record, backupDirectory, hasUndo }: RecordingOptions): Host {
  const files = recordingFiles({ machine, record, backupDirectory, ...(hasUndo && { hasUndo }) })
  return {
    ...viewOf(machine),
    ...files,

    async setUnit(unit, wanted) {
      const before = await machine.unitState(unit)
      // Static and generated units cannot be enabled.
      const enabling = wanted.enabled !== undefined && before.enabled !== undefined && wanted.enabled !== before.enabled
      const activating = wanted.active !== undefined && wanted.active !== before.active
      if (!enabling && !activating) return
      // Only what changes, because enabling and starting may be separate records.
      const changed = { ...(enabling && { enabled: before.enabled }), ...(activating && { active: before.active }) }
      await record({ kind: 'unit', what: unit, undo: { kind: 'unit', unit, before: changed } })
      await machine.setUnit(unit, {
        ...(enabling && { enabled: wanted.enabled }),
        ...(activating && { active: wanted.active }),
      })
    },

    async restartUnit(unit) {
      const before = await machine.unitState(unit)
      const undo: Undo = before.active
        ? { kind: 'nothing', because: `${unit} was running before` }
        : { kind: 'unit', unit, before: { active: false } }
      await record({ kind: 'unit', what: `restart ${unit}`, undo })
      await machine.restartUnit(unit)
    },

    async daemonReload() {
      const because = 'systemd reloads its units when the undo has restored their files'
      await record({ kind: 'unit', what: 'daemon-reload', undo: { kind: 'nothing', because } })
      await machine.daemonReload()
    },

    async setSysctl(key, value) {
      const before = await machine.read(sysctlPath(key))
      if (before !== undefined && sameSysctl(before, value)) return
      const undo: Undo =
        before === undefined
          ? { kind: 'nothing', because: 'the kernel did not have this parameter before' }
          : { kind: 'sysctl', key, before: before.trim(), written: value }
      // Recorded first, so they are undone after it.
      for (const mirrored of await mirroredSysctls(machine, key))
        await record(expectedChange({ kind: 'sysctl', ...mirrored }))
      await record({ kind: 'sysctl', what: `${key} = ${value}`, undo })
      await machine.writeSysctl(key, value)
    },

    async loadModule(name) {
      // A built-in module is listed here only if it has parameters or a version. For other built-in modules, modprobe and
      // its undo succeed without effect.
      if ((await machine.stat(`/sys/module/${name.replaceAll('-', '_')}`)) !== undefined) return
      await record({ kind: 'module', what: name, undo: { kind: 'module', name } })
      await machine.loadModule(name)
    },

    async setHostname(name) {
      const before = machine.hostname()
      if (before !== name) {
        await record({ kind: 'hostname', what: name, undo: { kind: 'hostname', before, written: name } })
        await machine.writeSysctl('kernel.hostname', name)
      }
      // Written last and undone first, because a boot after a power cut sets the hostname from it.
      await files.write('/etc/hostname', `${name}\n`)
    },

    async run(argv, undo, options) {
      await record({ kind: 'command', what: escapeArgv(argv), undo })
      return machine.execute(argv, options)
    },

    async expect(given) {
      const undo = await resolveLinks(machine, given)
      // Daemons also change the mode of directories that existed before.
      const now =
        undo.kind === 'remove-tree' || undo.kind === 'empty-directory' ? await machine.stat(undo.path) : undefined
      if (now?.kind === 'directory') {
        await record(expectedChange({ kind: 'restore-mode', path: subjectOf(undo), mode: now.mode }))
      }
      const change = expectedChange(await withoutExisting(machine, undo))
      if (change.undo.kind !== 'nothing' || undo.kind === 'nothing') await record(change)
    },
  }
}

/** Undo follows no links, and the kernel lists mounts by their real path, so links are resolved here. */
async function resolveLinks(machine: Machine, undo: Undo): Promise<Undo> {
  if (undo.kind !== 'remove-tree' && undo.kind !== 'empty-directory' && undo.kind !== 'unmount-below') return undo
  // Undo recognizes these paths, which container engines share.
  if (undo.path === CNI_STATE || undo.path === NETWORK_NAMESPACES) return undo
  return { ...undo, path: (await realPath(machine, undo.path)) ?? undo.path }
}

/**
 * Excludes what existed before, which must not be removed. In a rerun, this includes the changes of the first run, whose
 * record is still valid.
 */
async function withoutExisting(machine: Machine, undo: Undo): Promise<Undo> {
  const because = 'it existed before'
  if (undo.kind === 'remove-links') {
    const there = (await machine.list('/sys/class/net')) ?? []
    return withSpare(
      undo,
      undo.names.flatMap((pattern) => linksMeantBy(pattern, there)),
    )
  }
  if (undo.kind === 'remove-nft-tables') {
    const tables = (await listNftTables(machine)).filter(({ name }) => undo.names.includes(name))
    return withSpare(
      undo,
      tables.map(({ family, name }) => `${family} ${name}`),
    )
  }
  if (undo.kind === 'remove-chains') {
    return { ...undo, tables: (await listNftTables(machine)).map(({ family, name }) => `${family} ${name}`) }
  }
  if (undo.kind === 'unmount-below') return withSpareMounts(undo, (await machine.read('/proc/self/mountinfo')) ?? '')
  if (undo.kind === 'remove-network-namespaces') {
    return withSpare(undo, ((await machine.list(NETWORK_NAMESPACES)) ?? []).filter(isPodNamespace))
  }
  if (undo.kind === 'remove-path') {
    return (await machine.stat(undo.path)) === undefined ? undo : { kind: 'nothing', because }
  }
  if (undo.kind === 'remove-line') {
    return hasLine((await machine.read(undo.path)) ?? '', undo.line) ? { kind: 'nothing', because } : undo
  }
  if (undo.kind !== 'remove-tree' && undo.kind !== 'empty-directory') return undo
  const names = await machine.list(undo.path)
  if (names === undefined) return { ...undo, kind: 'remove-tree' }
  // Shared with other container engines: undo recognizes the files of this cluster, whoever created the directory.
  if (undo.path === CNI_STATE) return { ...undo, kind: 'empty-directory' }
  return names.length === 0 ? { ...undo, kind: 'empty-directory' } : { kind: 'nothing', because }
}

function withSpareMounts<U extends { path: string }>(undo: U, mountinfo: string): U & { spare?: string[] } {
  const points = parseMountinfo(mountinfo).map(({ mountPoint }) => mountPoint)
  const spare = points.filter((point) => isBelow(point, undo.path))
  return spare.length === 0 ? undo : { ...undo, spare }
}

function withSpare<U extends Undo>(undo: U, spare: string[]): U & { spare?: string[] } {
  return spare.length === 0 ? undo : { ...undo, spare }
}

/** The HostView part of a machine. */
export function viewOf(machine: Machine): HostView {
  const { ask, read, readFileItself, stat, readLink, list, diskSpace, syncTimes, sha256, network } = machine
  const { uid, arch, layout, hostname, memoryBytes, cpuCount, now, sleep } = machine
  return {
    ask,
    read,
    readFileItself,
    stat,
    readLink,
    list,
    diskSpace,
    syncTimes,
    sha256,
    network,
    uid,
    arch,
    layout,
    hostname,
    memoryBytes,
    cpuCount,
    now,
    sleep,
  }
}
