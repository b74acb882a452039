import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bed } from './bed.ts'

/** The kernel counts the instances of root over all nodes. The default of Linux is 128. */
const INOTIFY = 'fs/inotify/max_user_instances'
const INOTIFY_INSTANCES = 8192

/** Parameters that a kubelet or a bed sets and that are not namespaced: they would remain on the host. */
const SETTINGS = [
  ...['vm/overcommit_memory', 'vm/panic_on_oom', 'kernel/panic', 'kernel/panic_on_oops'],
  ...['kernel/keys/root_maxkeys', 'kernel/keys/root_maxbytes', INOTIFY],
]

/** Set by programs that read or write the kernel log, for all nodes. */
const CONSOLE = 'kernel/printk'

/** Whether nodes share the parameter, such as `kernel.panic`, so that a change of one node affects the others. */
export const isShared = (sysctl: string) => [...SETTINGS, CONSOLE].includes(sysctl.replaceAll('.', '/'))

const recordOf = (bed: Bed) => join(bed.directory, 'kernel-settings.json')

/** Records the settings of the host, once per bed, and raises the limit for several nodes. */
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
