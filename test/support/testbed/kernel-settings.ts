import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bed } from './bed.ts'

/** For all nodes together: the kernel counts what root has, in whichever node; Linux's own 128 are those of one machine. */
const INOTIFY = 'fs/inotify/max_user_instances'
const INOTIFY_INSTANCES = 8192

/** What a kubelet or a bed sets and no namespace holds: it would stay on the host when the bed is gone. */
const SETTINGS = [
  ...['vm/overcommit_memory', 'vm/panic_on_oom', 'kernel/panic', 'kernel/panic_on_oops'],
  ...['kernel/keys/root_maxkeys', 'kernel/keys/root_maxbytes', INOTIFY],
]

/** What whoever reads or writes the kernel's log sets for all. */
const CONSOLE = 'kernel/printk'

/** Whether nodes share the parameter (`kernel.panic`), so that one sees what another has set. */
export const isShared = (sysctl: string) => [...SETTINGS, CONSOLE].includes(sysctl.replaceAll('.', '/'))

const recordOf = (bed: Bed) => join(bed.directory, 'kernel-settings.json')

/** Writes the host's settings down, unless that was done for this bed, and makes room for several nodes. */
export async function recordKernelSettings(bed: Bed): Promise<void> {
  if (existsSync(recordOf(bed))) return
  const values = SETTINGS.map(async (name) => [name, await readFile(`/proc/sys/${name}`, 'utf8')])
  await writeFile(recordOf(bed), JSON.stringify(Object.fromEntries(await Promise.all(values))))
  const instances = Number(await readFile(`/proc/sys/${INOTIFY}`, 'utf8'))
  if (instances < INOTIFY_INSTANCES) await writeFile(`/proc/sys/${INOTIFY}`, `${INOTIFY_INSTANCES}\n`)
}

export async function restoreKernelSettings(bed: Bed): Promise<void> {
  if (!existsSync(recordOf(bed))) return
  const recorded = JSON.parse(await readFile(recordOf(bed), 'utf8')) as Record<string, string>
  for (const [name, value] of Object.entries(recorded)) {
    const file = `/proc/sys/${name}`
    if ((await readFile(file, 'utf8')) !== value) await writeFile(file, value)
  }
}
