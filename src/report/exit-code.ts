import type { OwnProgram } from './own-commands.ts'

/** The exit code that the work ends with; where it fails, what a person reads about that is on stderr. Never rejects. */
export async function exitCode(work: Promise<number>, program?: OwnProgram): Promise<number> {
  try {
    return await work
  } catch (error) {
    const { errorText, exitCodeOf } = await import('./error-text.ts')
    process.stderr.write(errorText(error, program))
    return exitCodeOf(error)
  }
}
