import { AgentError } from '../../../../base/agent-error.ts'
import { ask } from '../../../../host/linux/commands.ts'
import type { InventoryHost } from '../../inventory/host.ts'
import { type HostLine, parseLine, saidFailure } from '../host-output.ts'
import { type Route, sshArgv } from './argv.ts'
import { SSH_FAILED, sshFailure } from './failure.ts'

export interface ScriptOptions {
  /** After it, the connection is ended. */
  timeoutMs: number
  /** The fix if it takes longer; default: a longer --timeout. */
  ifLate?: string | undefined
  signal: AbortSignal
  /** Gets each line that push knows. Only of standard output: to the other one, jump hosts write too. */
  onLine?(line: HostLine): void
}

export type Printed = { [K in HostLine['kind']]?: Extract<HostLine, { kind: K }> }

/** Runs a script in the `sh` of a host. Resolves with the last line of each kind that it printed. Throws AgentError `push/…`. */
export type RunOnHost = (host: InventoryHost, script: string, options: ScriptOptions) => Promise<Printed>

/** Of what a host prints, only the end is kept. A line of prechecks has some 50 kB. */
const MAX_BYTES = 512 * 1024

export function runBySsh(route: Route): RunOnHost {
  return async (host, script, { timeoutMs, ifLate, signal, onLine }) => {
    const printed: Printed = {}
    const output = await ask(sshArgv(route, host), {
      ...{ stdin: script, timeoutMs, signal, maxBytes: MAX_BYTES, cwd: process.cwd() },
      // Without a terminal, ssh would show its questions in a window.
      env: { SSH_ASKPASS_REQUIRE: 'never' },
      onLine(text) {
        const line = parseLine(text)
        if (line === undefined) return
        Object.assign(printed, { [line.kind]: line })
        onLine?.(line)
      },
    }).catch((error: unknown) => {
      throw explained(error, timeoutMs, ifLate)
    })
    const { exitCode, stderr } = output
    if (exitCode === 0) return printed
    // ssh prints what whoever answers sends, before it knows whose key this is.
    if (exitCode === SSH_FAILED) throw sshFailure(stderr, route, host)
    throw saidFailure(stderr) ?? silent(exitCode, stderr)
  }
}

function silent(exitCode: number, stderr: string): AgentError {
  const said = stderr.trim().split('\n').at(-1)?.slice(0, 200)
  return new AgentError(
    'push/host-failed',
    `the script on the machine ended with exit code ${exitCode}${said ? `; the machine says: ${said}` : ''}`,
    { fix: 'check that the user has a POSIX shell there, and run the same command again' },
  )
}

function explained(
  error: unknown,
  timeoutMs: number,
  ifLate = 'check what it is doing, and run the same command again, or with a longer --timeout',
): unknown {
  if (!(error instanceof AgentError)) return error
  if (error.code === 'command/timeout') {
    return new AgentError('push/timeout', `the machine did not finish within ${Math.round(timeoutMs / 1_000)} s`, {
      fix: ifLate,
      kind: 'unreachable',
      cause: error,
    })
  }
  if (error.code !== 'command/not-found') return error
  return new AgentError('push/no-ssh', 'this machine has no OpenSSH client', {
    fix: 'install it: apt-get install openssh-client',
    kind: 'unfit',
    cause: error,
  })
}
