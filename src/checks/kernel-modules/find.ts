import type { HostView } from '../../host/host.ts'
import { parseForbiddenModules, parseModuleIndex } from '../../host/parse/kernel-modules.ts'

/** The modules that the running kernel can load, and those that a configuration blocks. */
export interface ModuleFiles {
  release: string
  /** Undefined if this machine has no modules of the running kernel: built in, in a container, or replaced by an upgrade. */
  loadable: ReadonlySet<string> | undefined
  /** There are modules of other kernels: an upgrade replaced those of the running one. */
  hasOthers: boolean
  /** Module name to the file that blocks it. */
  forbidden: ReadonlyMap<string, string>
  /** kernel.modules_disabled: no module can be loaded until the next boot. */
  closed: boolean
}

const MODPROBE = ['/usr/lib/modprobe.d', '/lib/modprobe.d', '/run/modprobe.d', '/etc/modprobe.d']

export async function moduleFiles(host: HostView): Promise<ModuleFiles> {
  const release = ((await host.read('/proc/sys/kernel/osrelease')) ?? '').trim()
  const directory = `/lib/modules/${release}`
  const [dep, builtin, installed, forbidden, closed] = await Promise.all([
    host.read(`${directory}/modules.dep`),
    host.read(`${directory}/modules.builtin`),
    host.list('/lib/modules'),
    forbiddenModules(host),
    host.read('/proc/sys/kernel/modules_disabled'),
  ])
  return {
    release,
    loadable: dep === undefined ? undefined : parseModuleIndex(`${dep}\n${builtin ?? ''}`),
    hasOthers: (installed ?? []).some((name) => name !== release && /^\d/.test(name)),
    forbidden,
    closed: closed?.trim() === '1',
  }
}

async function forbiddenModules(host: HostView): Promise<ReadonlyMap<string, string>> {
  const lists = await Promise.all(
    MODPROBE.map(async (directory) => ((await host.list(directory)) ?? []).map((name) => `${directory}/${name}`)),
  )
  const paths = lists.flat().filter((path) => path.endsWith('.conf'))
  const found = await Promise.all(
    paths.map(async (path) =>
      [...parseForbiddenModules((await host.read(path)) ?? '')].map((name) => [name, path] as const),
    ),
  )
  return new Map(found.flat())
}
