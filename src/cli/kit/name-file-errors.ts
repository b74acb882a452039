import { fileError } from '../../host/linux/files/file-error.ts'

/** A file that could not be read or written is named, with what a person can do about it; it is no bug of ours. */
export async function nameFileErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { path, dest } = (error ?? {}) as { path?: unknown; dest?: unknown }
    throw typeof path === 'string' ? fileError(error, typeof dest === 'string' ? dest : path) : error
  }
}
