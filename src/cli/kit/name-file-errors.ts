import { fileError } from '../../host/linux/files/file-error.ts'

/** Turns an error of a file operation, such as ENOSPC, into an AgentError that names the file and a fix. */
export async function nameFileErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { path, dest } = (error ?? {}) as { path?: unknown; dest?: unknown }
    throw typeof path === 'string' ? fileError(error, typeof dest === 'string' ? dest : path) : error
  }
}
