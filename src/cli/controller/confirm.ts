import { AgentError } from '../../errors/agent-error.ts'
import { ExitCode } from '../../errors/exit-codes.ts'

/** Asks before something that cannot be taken back; where nobody can answer, --yes is wanted. */
export async function confirm(question: string, options: { yes?: boolean }): Promise<void> {
  if (options.yes) return
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new AgentError('usage/not-confirmed', 'nothing was done: nobody can be asked here', {
      fix: 'give --yes',
      exitCode: ExitCode.usage,
    })
  }
  const { createInterface } = await import('node:readline/promises')
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    const answer = await terminal.question(`${question} [y/N] `)
    if (/^y(es)?$/i.test(answer.trim())) return
  } finally {
    terminal.close()
  }
  throw new AgentError('confirm/no', 'nothing was done', { fix: 'answer y, or give --yes', exitCode: ExitCode.refused })
}
