import { spawn } from 'node:child_process'

export interface RunOptions {
  /** Text, bytes, or the number of an open file. */
  stdin?: string | Uint8Array | number
  /** The command and its children are killed, and the promise rejects, after this many milliseconds. */
  timeoutMs?: number
  signal?: AbortSignal
  env?: Record<string, string>
  cwd?: string
}

export interface Output {
  /** Exit code; 128 + the signal's number if a signal ended it. */
  code: number
  stdout: string
  stderr: string
}

const SIGNAL_NUMBERS: Record<string, number> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
}

/** Runs a command to its end and captures its output. Rejects when it cannot start, times out or is aborted. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Output> {
  const [command = '', ...args] = argv
  return new Promise((resolve, reject) => {
    // A separate process group, so that a timeout also kills child processes of the command (nsenter forks).
    const child = spawn(command, args, {
      detached: true,
      stdio: [typeof options.stdin === 'number' ? options.stdin : 'pipe', 'pipe', 'pipe'],
      ...(options.env && { env: options.env }),
      ...(options.cwd !== undefined && { cwd: options.cwd }),
    })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk))
    child.stdin?.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') reject(error)
    })
    if (typeof options.stdin !== 'number') child.stdin?.end(options.stdin ?? '')

    let stopped: Error | undefined
    const stop = (reason: Error) => {
      stopped = reason
      if (child.pid !== undefined) killGroup(child.pid)
    }
    const onAbort = () => stop(new Error(`${argv.join(' ')}: interrupted`))
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(
            () => stop(new Error(`${argv.join(' ')}: timed out after ${options.timeoutMs} ms`)),
            options.timeoutMs,
          )
    options.signal?.addEventListener('abort', onAbort)
    if (options.signal?.aborted) onAbort()

    const settle = () => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', onAbort)
    }
    child.on('error', (error) => {
      settle()
      reject(error)
    })
    child.on('close', (code, signal) => {
      settle()
      const text = { stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }
      if (stopped) reject(new Error(`${stopped.message}\n${tail(text.stdout + text.stderr)}`))
      else resolve({ code: code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0), ...text })
    })
  })
}

/** Like run, but rejects on a non-zero exit code with the end of the output. Resolves with stdout. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(argv, options)
  if (code !== 0) throw new Error(`${argv.join(' ')}: exit code ${code}\n${tail(stderr || stdout)}`)
  return stdout
}

const tail = (text: string) => text.trimEnd().split('\n').slice(-20).join('\n')

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
