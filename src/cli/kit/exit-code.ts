import type { OwnProgram } from '../../report/own-commands.ts'

/** The exit code of the work. Prints its error, if any, to standard error. Never rejects. */
export async function exitCode(work: Promise<number>, program?: OwnProgram): Promise<number> {
  try {
    return await work
  } catch (error) {
    const { errorText } = await import('../../report/error-text.ts')
    const { exitCodeOf } = await import('./exit-codes.ts')
    process.stderr.write(errorText(error, program))
    return exitCodeOf(error)
  }
}
