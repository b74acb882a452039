/** Parses a command line of the docs with the programs' own parsers, without running it. */
import { type Command, CommanderError } from 'commander'
import { createProgram as createAgent, withVerb } from '../../../src/cli/agent/program.ts'
import { createProgram as createController } from '../../../src/cli/controller/program.ts'

const START = /^(?:sudo )?(?:\.\/|dist\/)?(agent|cantrip-agent|controller)(?:-linux-\w+)?((?: .*)?)$/

/** The words of a command line of `agent` or `controller`, with a name for NAME; undefined for other lines. */
export function ownCommand(line: string): { program: 'agent' | 'controller'; words: string[] } | undefined {
  const [, name, rest] = START.exec(line.trim().replace(/^[#$] /, '')) ?? []
  if (name === undefined || rest === undefined) return undefined
  // Stop at a comment, a pipe or a redirection.
  const command = /^(?:'[^']*'|"[^"]*"|[^#|>;&'"])*/.exec(rest)?.[0] ?? ''
  const words = [...command.matchAll(/(?:'[^']*'|"[^"]*"|\S)+/g)].map(([word]) =>
    word.replace(/['"]/g, '').replace(/^NAME$/, 'name'),
  )
  return { program: name === 'controller' ? 'controller' : 'agent', words }
}

/** The error of the program for this command line, if any. Without `isWhole`, arguments may be missing, as in prose. */
export async function refusalOf(line: string, isWhole: boolean): Promise<string | undefined> {
  const found = ownCommand(line)
  if (found === undefined) return undefined
  const { program, words } = found
  const command = program === 'agent' ? createAgent() : createController()
  disarm(command)
  try {
    await command.parseAsync(program === 'agent' ? withVerb(words) : words, { from: 'user' })
    const [isDefault] = command.commands.filter((each) => each.name() === 'install')
    // The agent's default command gets unknown words as arguments.
    return isDefault?.args.length ? `no command ${isDefault.args[0]}` : undefined
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    const isPart = !isWhole && PARTS.includes(error.code)
    return error.exitCode === 0 || isPart ? undefined : error.message
  }
}

const PARTS = ['commander.missingArgument', 'commander.missingMandatoryOptionValue', 'commander.help']

function disarm(command: Command): void {
  command.exitOverride().configureOutput({ writeOut() {}, writeErr() {}, outputError() {} })
  // `cluster kubeconfig` has arguments of its own, and a subcommand.
  if (command.commands.length === 0 || command.registeredArguments.length > 0) command.action(() => undefined)
  for (const each of command.commands) disarm(each)
}
