import type { HostView } from './host.ts'

export interface Process {
  pid: string
  /** At most 15 characters, as the kernel keeps it. */
  name: string
}

/** Every process that /proc shows, those in containers too. What ends meanwhile is left out. */
export async function processes(view: HostView): Promise<Process[]> {
  const found = await Promise.all((await processIds(view)).map(async (pid) => ({ pid, name: await nameOf(view, pid) })))
  return found.filter((process) => process.name !== '')
}

export async function processIds(view: HostView): Promise<string[]> {
  return ((await view.list('/proc')) ?? []).filter((name) => /^\d+$/.test(name))
}

/** '' where the process has ended. */
export async function nameOf(view: HostView, pid: string): Promise<string> {
  const comm = await ifStillThere(() => view.read(`/proc/${pid}/comm`))
  return comm?.trim() ?? ''
}

/** Is it in another process namespace than ours, and so part of a container? */
export async function isInContainer(view: HostView, pid: string): Promise<boolean> {
  const [own, its] = await Promise.all(
    ['self', pid].map((id) => ifStillThere(() => view.readLink(`/proc/${id}/ns/pid`))),
  )
  return own !== undefined && its !== undefined && own !== its
}

const GONE: readonly unknown[] = ['ENOENT', 'ESRCH', 'EACCES', 'EPERM']

/** A process may end between two looks (ENOENT, ESRCH), or not be ours to look into: then there is nothing to tell. */
export async function ifStillThere<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look()
  } catch (cause) {
    if (cause instanceof Error && GONE.includes((cause as NodeJS.ErrnoException).code)) return undefined
    throw cause
  }
}
