import { spawn } from 'node:child_process'
import { StringDecoder } from 'node:string_decoder'
import type { Argv } from '../argv.ts'
import { PROGRAM_DIRECTORIES } from '../files/find-command.ts'
import type { AskOptions, Output, RunOptions } from '../host.ts'
import { type CommandEnd, commandError } from './command-error.ts'

const ASK_TIMEOUT_MS = 30_000
const RUN_TIMEOUT_MS = 600_000
const MAX_BYTES = 2 ** 20
/** Between SIGTERM and SIGKILL to a process group. */
const GRACE_MS = 3_000

/** Does not throw for an exit code. Throws if the command could not be started, was killed, or timed out. */
export async function ask(argv: Argv, options: AskOptions = {}): Promise<Output> {
  const { end, stdout, stderr } = await run(argv, { timeoutMs: ASK_TIMEOUT_MS, ...options })
  if (end.kind !== 'exit') throw commandError(argv, end, stderr)
  return { exitCode: end.exitCode, stdout, stderr }
}

export async function execute(argv: Argv, options: RunOptions = {}): Promise<Output> {
  const { end, stdout, stderr } = await run(argv, { timeoutMs: RUN_TIMEOUT_MS, ...options })
  if (end.kind !== 'exit' || !(options.okCodes ?? [0]).includes(end.exitCode)) {
    throw commandError(argv, end, stderr || stdout)
  }
  return { exitCode: end.exitCode, stdout, stderr }
}

/** Environment variables that configure the programs Cantrip starts, but that were meant for other installations of them. */
const FOREIGN_SETTINGS = /^(ETCD|KUBE|CONTAINERD_|CONTAINER_RUNTIME_ENDPOINT$|IMAGE_SERVICE_ENDPOINT$|CNI_|NRI_)/

function ownEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !FOREIGN_SETTINGS.test(name))
  return { ...Object.fromEntries(own), PATH: searchPath(process.env.PATH) }
}

/** Adds the directories of system programs, which cron, su and an empty environment omit, after the given ones. */
function searchPath(path = ''): string {
  const given = path.split(':').filter((directory) => directory !== '')
  return [...new Set([...given, ...PROGRAM_DIRECTORIES])].join(':')
}

interface Ended {
  end: CommandEnd
  stdout: string
  stderr: string
}

/** Runs the command in its own process group, so that a timeout or abort also ends its children. */
async function run(argv: Argv, options: RunOptions & { timeoutMs: number }): Promise<Ended> {
  options.signal?.throwIfAborted()
  const [file, ...args] = argv
  const child = spawn(file, args, {
    cwd: options.cwd ?? '/',
    env: { ...ownEnvironment(), LC_ALL: 'C.UTF-8', ...options.env },
    stdio: [options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached: true,
  })
  const maxBytes = options.maxBytes ?? MAX_BYTES
  const stdout = keepEnd(maxBytes, options.onLine)
  const stderr = keepEnd(maxBytes)
  child.stdout?.on('data', stdout.add)
  child.stderr?.on('data', stderr.add)
  // EPIPE is ignored: a command may exit without reading all of its input, and its exit code counts.
  child.stdin?.on('error', () => undefined).end(options.stdin)

  let timedOut = false
  let killTimer: NodeJS.Timeout | undefined
  const stop = () => {
    signalGroup(child.pid, 'SIGTERM')
    killTimer ??= setTimeout(() => signalGroup(child.pid, 'SIGKILL'), GRACE_MS)
  }
  const timer = setTimeout(() => {
    timedOut = true
    stop()
  }, options.timeoutMs)
  options.signal?.addEventListener('abort', stop)
  try {
    const end = await new Promise<CommandEnd>((resolve) => {
      child.once('error', (cause) => resolve({ kind: 'not-started', cause }))
      child.once('close', (code, signal) =>
        resolve(signal === null ? { kind: 'exit', exitCode: code ?? 0 } : { kind: 'signal', signal }),
      )
    })
    options.signal?.throwIfAborted()
    return {
      end: timedOut ? { kind: 'timeout', timeoutMs: options.timeoutMs } : end,
      stdout: stdout.text(),
      stderr: stderr.text(),
    }
  } finally {
    clearTimeout(timer)
    clearTimeout(killTimer)
    options.signal?.removeEventListener('abort', stop)
  }
}

function signalGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function keepEnd(maxBytes: number, onLine?: (line: string) => void) {
  let chunks: Buffer[] = []
  let bytes = 0
  const lines = onLine && splitLines(maxBytes, onLine)
  return {
    add(chunk: Buffer): void {
      lines?.add(chunk)
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes <= 2 * maxBytes) return
      chunks = [Buffer.concat(chunks).subarray(-maxBytes)]
      bytes = maxBytes
    },
    text(): string {
      lines?.end()
      return Buffer.concat(chunks).subarray(-maxBytes).toString()
    },
  }
}

function splitLines(maxBytes: number, onLine: (line: string) => void) {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  return {
    add(chunk: Buffer): void {
      const lines = (rest + decoder.write(chunk)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLine(line)
      if (rest.length <= maxBytes) return
      onLine(rest)
      rest = ''
    },
    end(): void {
      if (rest !== '') onLine(rest)
      rest = ''
    },
  }
}
