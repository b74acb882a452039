import { execFile } from 'node:child_process'
import { AgentError } from '../../base/agent-error.ts'
import { command } from '../../base/command.ts'
import { hasCode } from '../error.ts'

export interface ToolOptions {
  cwd?: string
  env?: Record<string, string>
  stdin?: string
}

const PACKAGE_OF: Record<string, string> = {
  go: 'golang-go',
  gcc: 'gcc libc6-dev',
  'apt-get': 'apt',
  dpkg: 'dpkg',
  'pkg-config': 'pkg-config',
}
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024
const MAX_VERSION_BYTES = 64 * 1024

/** Runs a build tool and returns its standard output. */
export function runTool(argv: readonly [string, ...string[]], options: ToolOptions = {}): Promise<string> {
  const [tool, ...args] = argv
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const child = execFile(
    tool,
    args,
    { cwd: options.cwd, env: { ...process.env, ...options.env }, maxBuffer: MAX_OUTPUT_BYTES },
    (error, stdout, stderr) => (error ? reject(failure(argv, error, stderr)) : resolve(stdout)),
  )
  // A tool that exits before it has read its input (EPIPE) reports the reason by its exit code.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(options.stdin ?? '')
  return promise
}

/**
 * What a program prints, whether it succeeds or not. It gets no input, only this environment, and is killed after `timeoutMs`.
 * Empty if it cannot be started.
 */
export function outputOf(
  argv: readonly [string, ...string[]],
  timeoutMs: number,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const [tool, ...args] = argv
  const { promise, resolve } = Promise.withResolvers<string>()
  const options = { env, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: MAX_VERSION_BYTES } as const
  const child = execFile(tool, args, options, (_, stdout, stderr) => resolve(`${stdout}\n${stderr}`))
  child.stdin?.on('error', () => undefined)
  child.stdin?.end()
  return promise
}

function failure(argv: readonly [string, ...string[]], cause: Error & { code?: unknown }, stderr: string): AgentError {
  const [tool] = argv
  if (hasCode(cause, 'ENOENT')) {
    return new AgentError('bundle/no-tool', `${tool} is not installed; wanted it to build a bundle`, {
      fix: `${command`apt-get install ${PACKAGE_OF[tool] ?? tool}`}; or use upstream's files: controller bundle build --from dir`,
      cause,
    })
  }
  const end = stderr.trim().split('\n').slice(-15).join('\n')
  return new AgentError('bundle/build-failed', `${argv.join(' ')}\nfailed with ${String(cause.code)}:\n${end}`, {
    fix: "fix the tool's error and build again: finished parts are cached",
    cause,
  })
}
