import { setImmediate } from 'node:timers/promises'
import { ExitCode } from './exit-codes.ts'

type Streams = Pick<NodeJS.Process, 'stdout' | 'stderr'>

/**
 * A reader that leaves (`| head`) or a disk that is full ends no work half-way: what was asked for is done to its end. The
 * function that comes back is asked then which code the program ends with: its own, unless nothing is wrong but that its
 * output could not be written.
 */
export function guardStandardStreams({ stdout, stderr }: Streams): (code: number) => Promise<number> {
  let failure: NodeJS.ErrnoException | undefined
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failure ??= error
  })
  stderr.on('error', () => undefined)
  return async (code) => {
    // To end the process would cut off what a slow reader has not taken yet.
    await Promise.all([written(stdout), written(stderr)])
    // The last write tells of its failure in a later turn.
    await setImmediate()
    if (failure === undefined) return code
    const found = `cannot write standard output: ${failure.message}`
    const fix = 'redirect the output to a disk with free space, and run the command again'
    stderr.write(`[-] ${found} (output/failed)\n    fix: ${fix}\n`)
    return code === ExitCode.ok ? ExitCode.stepFailed : code
  }
}

/** When all before it is handed over, or cannot be any more. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.errored) resolve()
    else stream.write('', () => resolve())
  })
}

/** Resolves once nobody reads: whatever only shows, and has no end of its own, ends then. */
export function readerLeft({ stdout }: Pick<Streams, 'stdout'>): Promise<void> {
  return new Promise((resolve) => {
    if (stdout.errored) resolve()
    stdout.once('error', () => resolve())
  })
}
