/** The Host that steps get: every change appends its undo, durably, before it is made. */
import { escapeArgv } from '../base/escape-argv.ts'
import { isPodNamespace, linksMeantBy } from '../base/kubernetes-names.ts'
import { CNI_STATE } from '../ledger/undo/network/cni-state.ts'
import { NAMESPACES } from '../ledger/undo/network/network-namespaces.ts'
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
  /** Where files that get overwritten are kept. */
  backupDirectory: string
}

export function recordingHost({ machine, record, backupDirectory }: RecordingOptions): Host {
  const files = recordingFiles({ machine, record, backupDirectory })
  return {
    ...viewOf(machine),
    ...files,

    async setUnit(unit, wanted) {
      const before = await machine.unitState(unit)
      // A static or generated unit cannot be enabled, and needs not be.
      const enabling = wanted.enabled !== undefined && before.enabled !== undefined && wanted.enabled !== before.enabled
      const activating = wanted.active !== undefined && wanted.active !== before.active
      if (!enabling && !activating) return
      // Only what changes: enabling and starting may be records of their own, undone one after the other.
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
      const because = 'systemd reads its units again once their files are taken back'
      await record({ kind: 'unit', what: 'daemon-reload', undo: { kind: 'nothing', because } })
      await machine.daemonReload()
    },

    async setSysctl(key, value) {
      const before = await machine.read(sysctlPath(key))
      if (before !== undefined && sameSysctl(before, value)) return
      const undo: Undo =
        before === undefined
          ? { kind: 'nothing', because: 'the kernel did not have it before' }
          : { kind: 'sysctl', key, before: before.trim(), written: value }
      // Undone after it.
      for (const mirrored of await mirroredSysctls(machine, key))
        await record(expectedChange({ kind: 'sysctl', ...mirrored }))
      await record({ kind: 'sysctl', what: `${key} = ${value}`, undo })
      await machine.writeSysctl(key, value)
    },

    async loadModule(name) {
      // A module that is built in shows up here as well where it has parameters or a version; modprobe of the
      // others succeeds without effect, and so does their unloading.
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
      // Last, and so undone first: a boot after a power cut takes the name from it, and nobody knew the former one.
      await files.write('/etc/hostname', `${name}\n`)
    },

    async run(argv, undo, options) {
      await record({ kind: 'command', what: escapeArgv(argv), undo })
      return machine.execute(argv, options)
    },

    async expect(given) {
      const undo = await resolveLinks(machine, given)
      // Daemons set the mode of the directories they are given, those of others as well.
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

/** Undo follows no link, and the kernel names a mount by its real place: both get the directory that a link leads to. */
async function resolveLinks(machine: Machine, undo: Undo): Promise<Undo> {
  if (undo.kind !== 'remove-tree' && undo.kind !== 'empty-directory' && undo.kind !== 'unmount-below') return undo
  // Undo knows these by name, for container engines share them.
  if (undo.path === CNI_STATE || undo.path === NAMESPACES) return undo
  return { ...undo, path: (await realPath(machine, undo.path)) ?? undo.path }
}

/**
 * What was there before is not ours to remove. A rerun meets what the first run brought about: then that run's
 * record stands, and there is nothing to add.
 */
async function withoutExisting(machine: Machine, undo: Undo): Promise<Undo> {
  const because = 'it was there before'
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
    return withSpare(undo, ((await machine.list('/run/netns')) ?? []).filter(isPodNamespace))
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
  // Shared with other container engines: what ours will record there is told apart, whoever has made the directory.
  if (undo.path === '/var/lib/cni') return { ...undo, kind: 'empty-directory' }
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

/** Only the looking half of a machine. */
export function viewOf(machine: Machine): HostView {
  const { ask, read, readFileItself, stat, readLink, list, diskSpace, syncTimes, sha256, network } = machine
  const { uid, arch, hostname, memoryBytes, cpuCount, now, sleep } = machine
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
    hostname,
    memoryBytes,
    cpuCount,
    now,
    sleep,
  }
}
