import { existsSync, readdirSync } from 'node:fs'
import { type Bed, defaultBed, namespacePath } from './bed.ts'
import { findCgroups } from './containment.ts'
import { mountsBelow } from './mounts.ts'
import { allProcesses, identify, readProc } from './processes.ts'
import { must } from './run.ts'

/** Everything of a bed on this machine, one line each: processes, mounts, cgroups, namespaces, links, files. Empty after downAll. */
export async function leftovers(bed: Bed = defaultBed()): Promise<string[]> {
  const isOfBed = (name: string) => name === bed.prefix || name.startsWith(`${bed.prefix}.`)
  const processes = allProcesses().filter((pid) => {
    const words = `${readProc(pid, 'cmdline')}\0${readProc(pid, 'cgroup')}`.split(/[\0/\n=]/)
    return identify(pid) !== undefined && words.some(isOfBed)
  })
  const links = (await must(['ip', '-o', 'link']))
    .split('\n')
    .flatMap((line) => line.match(/^\d+: ([^:@]+)/)?.[1] ?? [])
  return [
    ...processes.map((pid) => `process ${pid} ${readProc(pid, 'cmdline')?.replaceAll('\0', ' ')}`),
    ...[bed.directory, namespacePath(bed)].flatMap(mountsBelow).map((point) => `mount ${point}`),
    ...findCgroups(isOfBed).map((directory) => `cgroup ${directory}`),
    ...links.filter((link) => link.startsWith(`vb-${bed.prefix}`.slice(0, 11))).map((link) => `link ${link}`),
    ...[namespacePath(bed), bed.directory, `${bed.directory}.lock`].filter(existsSync).map((file) => `file ${file}`),
    ...nspawnRecords(bed).map((file) => `file ${file}`),
  ]
}

const NSPAWN_RECORDS = '/run/systemd/nspawn/propagate'

function nspawnRecords(bed: Bed): string[] {
  if (!existsSync(NSPAWN_RECORDS)) return []
  const names = readdirSync(NSPAWN_RECORDS).filter((name) => name.startsWith(`${bed.prefix}.`))
  return names.map((name) => `${NSPAWN_RECORDS}/${name}`)
}
