import { AgentError } from '../../base/agent-error.ts'

/**
 * Asks for confirmation. Rejects unless the answer is yes: `usage/not-confirmed` (exit code 2) if standard input is not a
 * terminal, `confirm/no` (7), and `interrupted` (130) for Ctrl-C, Ctrl-D, a closed terminal, and the signal.
 */
export async function confirm(question: string, yes: boolean | undefined, signal?: AbortSignal): Promise<void> {
  if (yes) return
  if (!process.stdin.isTTY) {
    throw new AgentError(
      'usage/not-confirmed',
      'no changes were made: cannot ask for confirmation, because standard input is not a terminal',
      {
        fix: 'run the same command with --yes',
        kind: 'invalid',
      },
    )
  }
  const answer = await ask(`${question} [y/N] `, signal)
  if (/^y(es)?$/i.test(answer.trim())) return
  throw new AgentError('confirm/no', 'no changes were made: not confirmed', {
    fix: 'to continue, run the command again and answer y',
    kind: 'refused',
  })
}

async function ask(question: string, signal?: AbortSignal): Promise<string> {
  const { createInterface } = await import('node:readline')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const leave = () => {
    process.stderr.write('\n')
    reject(unanswered())
  }
  terminal.once('close', leave)
  signal?.addEventListener('abort', leave)
  terminal.question(question, resolve)
  try {
    return await promise
  } finally {
    signal?.removeEventListener('abort', leave)
    terminal.off('close', leave).close()
  }
}

function unanswered(): AgentError {
  return new AgentError('interrupted', 'interrupted before confirmation: no changes were made', {
    fix: 'to continue, run the command again and answer y, or add --yes',
    kind: 'interrupted',
  })
}
