import { AgentError } from '../../errors/agent-error.ts'
import { ExitCode } from '../../errors/exit-codes.ts'

/** Asks before something that cannot be taken back; programs, which have no terminal, are not asked. */
export async function confirm(question: string, options: { yes?: boolean }): Promise<void> {
  if (options.yes || !process.stdin.isTTY || !process.stdout.isTTY) return
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
