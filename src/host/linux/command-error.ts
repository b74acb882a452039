import { AgentError } from '../../base/agent-error.ts'
import { command as commandLine } from '../../base/command.ts'
import { escapeArgv } from '../../base/text/escape-argv.ts'

/** How a command failed. */
export type CommandEnd =
  | { kind: 'exit'; exitCode: number }
  | { kind: 'signal'; signal: string }
  | { kind: 'timeout'; timeoutMs: number }
  | { kind: 'not-started'; cause: NodeJS.ErrnoException }

const STDERR_LINES = 12
const STDERR_CHARACTERS = 2_000

/** Describes a failed command. */
export function commandError(argv: readonly string[], end: CommandEnd, stderr: string): AgentError {
  const command = escapeArgv(argv)
  const tail = endOf(stderr)
  const output = tail === '' ? 'Its standard error is empty.' : tail
  const again = `run the command by hand to see more: ${command}`
  switch (end.kind) {
    case 'exit':
      return new AgentError('command/failed', `command ended with exit code ${end.exitCode}: ${command}\n${output}`, {
        fix: again,
        facts: { exitCode: end.exitCode },
      })
    case 'signal': {
      // A killed command has rarely written a reason.
      const ending = tail === '' ? '' : `\n${tail}`
      const fix =
        end.signal === 'SIGKILL'
          ? `check whether the machine ran out of memory: journalctl -k --grep=oom; then ${again}`
          : 'another process stopped it, or the machine is shutting down: run the same command again'
      return new AgentError('command/killed', `command was killed by ${end.signal}: ${command}${ending}`, { fix })
    }
    case 'timeout':
      return new AgentError(
        'command/timeout',
        `command took longer than ${end.timeoutMs / 1000} s: ${command}\n${output}`,
        {
          fix: again,
        },
      )
    case 'not-started':
      return notStarted(command, argv[0] ?? '', end.cause)
  }
}

function notStarted(command: string, name: string, cause: NodeJS.ErrnoException): AgentError {
  if (cause.code === 'ENOENT') {
    return new AgentError('command/not-found', `${name} was not found; it is needed for: ${command}`, {
      fix: `install the package with ${name}, or add its directory to PATH`,
      cause,
    })
  }
  return new AgentError('command/not-started', `${name} could not be started (${cause.code}): ${command}`, {
    fix: `check that ${name} is executable and built for this architecture: ${commandLine`file "$(command -v ${name})"`}`,
    cause,
  })
}

function endOf(stderr: string): string {
  return stderr.trimEnd().split('\n').slice(-STDERR_LINES).join('\n').slice(-STDERR_CHARACTERS)
}
