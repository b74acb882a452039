import { createInterface } from 'node:readline/promises'
import { AgentError } from '../../errors/agent-error.ts'
import { ExitCode } from '../../errors/exit-codes.ts'

/** Asks before what can't be taken back; where nobody can answer, --yes is wanted. Rejects unless the answer is yes. */
export async function confirm(question: string, yes: boolean | undefined): Promise<void> {
  if (yes) return
  if (!process.stdin.isTTY) throw refused('nobody can be asked here')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question(`${question} [y/N] `)
    if (!/^y(es)?$/i.test(answer.trim())) throw refused('the answer was not yes')
  } finally {
    terminal.close()
  }
}

function refused(why: string): AgentError {
  return new AgentError('usage/not-confirmed', `nothing was done: ${why}`, {
    fix: 'give --yes',
    exitCode: ExitCode.usage,
  })
}
