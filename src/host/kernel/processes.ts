import type { HostView } from '../host.ts'

export interface Process {
  pid: string
  /** At most 15 characters (TASK_COMM_LEN). */
  name: string
}

/** All processes in /proc, including those in containers. Omits processes that end during the call. */
async function processes(view: HostView): Promise<Process[]> {
  const found = await Promise.all((await processIds(view)).map(async (pid) => ({ pid, name: await nameOf(view, pid) })))
  return found.filter((process) => process.name !== '')
}

export async function processIds(view: HostView): Promise<string[]> {
  return ((await view.list('/proc')) ?? []).filter((name) => /^\d+$/.test(name))
}

/** The thread name of every Node program; the name of the executable says more. */
const GENERIC_NAME = 'MainThread'

/** The name of a process; '' if it has ended. */
export async function nameOf(view: HostView, pid: string): Promise<string> {
  const name = (await ifReadable(() => view.read(`/proc/${pid}/comm`)))?.trim() ?? ''
  if (name !== GENERIC_NAME) return name
  const executable = await ifReadable(() => view.readLink(`/proc/${pid}/exe`))
  return executable?.split('/').at(-1) || name
}

/** Processes with one of these names, outside of containers. */
export async function hostProcesses(view: HostView, names: ReadonlySet<string>): Promise<Process[]> {
  const named = (await processes(view)).filter((process) => names.has(process.name))
  const inContainer = await Promise.all(named.map((process) => isInOtherNamespace(view, process.pid, 'pid')))
  return named.filter((_, i) => !inContainer[i])
}

/** Whether a process runs as root in this PID and mount namespace. Its name proves nothing, because any user can choose it. */
export async function isHostRootProcess(view: HostView, pid: string): Promise<boolean> {
  const [status, ...elsewhere] = await Promise.all([
    ifReadable(() => view.read(`/proc/${pid}/status`)),
    isInOtherNamespace(view, pid, 'pid'),
    isInOtherNamespace(view, pid, 'mnt'),
  ])
  // Real, effective, saved and file system user id: a set-user-ID program has only some of root's.
  const users =
    /^Uid:(.*)$/m
      .exec(status ?? '')?.[1]
      ?.trim()
      .split(/\s+/) ?? []
  return users.every((user) => user === '0') && !elsewhere.includes(true)
}

/** Whether a process is in another namespace of this kind, and so in a container. */
async function isInOtherNamespace(view: HostView, pid: string, kind: 'pid' | 'mnt'): Promise<boolean> {
  const [own, its] = await Promise.all(
    ['self', pid].map((id) => ifReadable(() => view.readLink(`/proc/${id}/ns/${kind}`))),
  )
  return own !== undefined && its !== undefined && own !== its
}

const IGNORED_ERRORS: readonly unknown[] = ['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'file/denied']

/** Undefined if the process has ended (ENOENT, ESRCH), or may not be inspected. */
export async function ifReadable<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look()
  } catch (cause) {
    if (cause instanceof Error && IGNORED_ERRORS.includes((cause as { code?: unknown }).code)) return undefined
    throw cause
  }
}
