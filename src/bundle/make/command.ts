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

/** Runs a building tool and gives its standard output. */
export function runTool(argv: readonly [string, ...string[]], options: ToolOptions = {}): Promise<string> {
  const [tool, ...args] = argv
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const child = execFile(
    tool,
    args,
    { cwd: options.cwd, env: { ...process.env, ...options.env }, maxBuffer: MAX_OUTPUT_BYTES },
    (error, stdout, stderr) => (error ? reject(failure(argv, error, stderr)) : resolve(stdout)),
  )
  // A tool that ends before it has read its input tells why by its exit code, not by this pipe.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(options.stdin ?? '')
  return promise
}

function failure(argv: readonly [string, ...string[]], cause: Error & { code?: unknown }, stderr: string): AgentError {
  const [tool] = argv
  if (hasCode(cause, 'ENOENT')) {
    return new AgentError('bundle/no-tool', `found no ${tool}; building a bundle needs it`, {
      fix: `${command`apt-get install ${PACKAGE_OF[tool] ?? tool}`}; or take upstream's files: controller bundle build --from dir`,
      cause,
    })
  }
  const end = stderr.trim().split('\n').slice(-15).join('\n')
  return new AgentError('bundle/build-failed', `${argv.join(' ')}\nended with ${String(cause.code)}:\n${end}`, {
    fix: 'mend what the tool says and build again: what is built already is kept',
    cause,
  })
}
