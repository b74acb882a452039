import type { HostView } from '../host.ts'

export interface Process {
  pid: string
  /** At most 15 characters, as the kernel keeps it. */
  name: string
}

/** Every process that /proc shows, those in containers too. What ends meanwhile is left out. */
async function processes(view: HostView): Promise<Process[]> {
  const found = await Promise.all((await processIds(view)).map(async (pid) => ({ pid, name: await nameOf(view, pid) })))
  return found.filter((process) => process.name !== '')
}

export async function processIds(view: HostView): Promise<string[]> {
  return ((await view.list('/proc')) ?? []).filter((name) => /^\d+$/.test(name))
}

/** What threads of Node are called, whichever program it is: then the executable has the better name. */
const GENERIC_NAME = 'MainThread'

/** '' where the process has ended. */
export async function nameOf(view: HostView, pid: string): Promise<string> {
  const name = (await ifReadable(() => view.read(`/proc/${pid}/comm`)))?.trim() ?? ''
  if (name !== GENERIC_NAME) return name
  const executable = await ifReadable(() => view.readLink(`/proc/${pid}/exe`))
  return executable?.split('/').at(-1) || name
}

/** Those with one of these names that run on the machine itself. */
export async function hostProcesses(view: HostView, names: ReadonlySet<string>): Promise<Process[]> {
  const named = (await processes(view)).filter((process) => names.has(process.name))
  const inContainer = await Promise.all(named.map((process) => isInOtherNamespace(view, process.pid, 'pid')))
  return named.filter((_, i) => !inContainer[i])
}

/** Is it root's, and in our namespaces of processes and of mounts? What it calls itself anybody can choose. */
export async function isHostRootProcess(view: HostView, pid: string): Promise<boolean> {
  const [status, ...elsewhere] = await Promise.all([
    ifReadable(() => view.read(`/proc/${pid}/status`)),
    isInOtherNamespace(view, pid, 'pid'),
    isInOtherNamespace(view, pid, 'mnt'),
  ])
  // Real, effective, saved and file system user: a program with the set-user-ID bit has some of root's only.
  const users =
    /^Uid:(.*)$/m
      .exec(status ?? '')?.[1]
      ?.trim()
      .split(/\s+/) ?? []
  return users.every((user) => user === '0') && !elsewhere.includes(true)
}

/** Is it in another namespace of that kind than ours, and so part of a container? */
async function isInOtherNamespace(view: HostView, pid: string, kind: 'pid' | 'mnt'): Promise<boolean> {
  const [own, its] = await Promise.all(
    ['self', pid].map((id) => ifReadable(() => view.readLink(`/proc/${id}/ns/${kind}`))),
  )
  return own !== undefined && its !== undefined && own !== its
}

const IGNORED_ERRORS: readonly unknown[] = ['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'file/denied']

/** A process may end between two looks (ENOENT, ESRCH), or not be ours to look into: then there is nothing to tell. */
export async function ifReadable<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look()
  } catch (cause) {
    if (cause instanceof Error && IGNORED_ERRORS.includes((cause as { code?: unknown }).code)) return undefined
    throw cause
  }
}
