import { setImmediate } from 'node:timers/promises'
import { ExitCode } from './exit-codes.ts'

type Streams = Pick<NodeJS.Process, 'stdout' | 'stderr'>

/**
 * Makes a command run to its end even when its output cannot be written: the reader has exited (`| head`), or the disk is
 * full. Returns a function that flushes both streams and maps the command's exit code to the one to exit with: if the
 * command succeeded but its output was lost, `stepFailed`; otherwise the same code.
 */
export function guardStandardStreams({ stdout, stderr }: Streams): (code: number) => Promise<number> {
  let failure: NodeJS.ErrnoException | undefined
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failure ??= error
  })
  stderr.on('error', () => undefined)
  return async (code) => {
    // Exiting before a slow reader has read everything would truncate the output.
    await Promise.all([flushed(stdout), flushed(stderr)])
    // The error event of the last write is emitted in a later turn of the event loop.
    await setImmediate()
    if (failure === undefined) return code
    const found = `cannot write standard output: ${failure.message}`
    const fix = 'redirect the output to a disk with free space, and run the command again'
    stderr.write(`[-] ${found} (output/failed)\n    fix: ${fix}\n`)
    return code === ExitCode.ok ? ExitCode.stepFailed : code
  }
}

/** Resolves when everything is written, or the stream has failed. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.errored) resolve()
    else stream.write('', () => resolve())
  })
}

/** Resolves when nobody reads standard output: a command that prints until it is stopped ends then. */
export function readerLeft({ stdout }: Pick<Streams, 'stdout'>): Promise<void> {
  return new Promise((resolve) => {
    if (stdout.errored) resolve()
    stdout.once('error', () => resolve())
  })
}
