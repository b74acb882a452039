import type { Command } from 'commander'
import { AgentError } from '../../base/agent-error.ts'
import { ExitCode } from '../kit/exit-codes.ts'
import { readerLeft } from '../kit/standard-streams.ts'
import { Interrupted, interruption, optionsOf, pathsFor } from './surroundings.ts'

interface Options {
  follow?: boolean
  lines: string
  run?: string
}

export function registerLogs(program: Command): void {
  program
    .command('logs')
    .summary("print the agent's log")
    .description("Prints the end of the agent's log. The journal of its systemd unit has the same lines.")
    .option('-f, --follow', 'follow the log')
    .option('-n, --lines <count>', 'number of lines to print', '100')
    .option('--run <id>', 'print the lines of this run only')
    .addHelpText('after', '\nExamples:\n  agent logs -f\n  agent logs -n 1000 --run r-abcdefghij\n')
    .action(async (_: Options, command: Command) => {
      const options = optionsOf<Options>(command)
      const { readTail, followFile } = await import('../../agent/logs/log-reader.ts')
      const { logFile } = pathsFor(options.instance)
      const isWanted = (line: string) => options.run === undefined || line.includes(` ${options.run} `)
      const print = (line: string) => isWanted(line) && process.stdout.write(`${line}\n`)
      const { lines, end } = await readTail(logFile, count(options.lines), isWanted)
      for (const line of lines) print(line)
      if (!options.follow) return
      const signal = interruption()
      const following = followFile(logFile, end, print, signal).catch((error: unknown) => {
        if (!(error instanceof Interrupted)) throw error
        process.exitCode = ExitCode.interrupted
      })
      await Promise.race([following, readerLeft(process)])
    })
}

function count(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text)
  throw new AgentError('usage/lines', `-n ${text} is not a number of lines`, {
    fix: 'agent logs -n 100',
    kind: 'invalid',
  })
}
