/** Parses a command line of the docs as the programs do, without doing anything. */
import { type Command, CommanderError } from 'commander'
import { createProgram as createAgent, withVerb } from '../../../src/cli/agent/program.ts'
import { createProgram as createController } from '../../../src/cli/controller/program.ts'

const START = /^(?:sudo )?(?:\.\/|dist\/)?(agent|cantrip-agent|controller)(?:-linux-\w+)?((?: .*)?)$/

/** The words of a command line of ours; undefined where it is none. */
export function ownCommand(line: string): { program: 'agent' | 'controller'; words: string[] } | undefined {
  const [, name, rest] = START.exec(line.trim().replace(/^[#$] /, '')) ?? []
  if (name === undefined || rest === undefined) return undefined
  // Up to a comment, or to what the shell does with it.
  const command = /^(?:'[^']*'|"[^"]*"|[^#|>;&'"])*/.exec(rest)?.[0] ?? ''
  const words = [...command.matchAll(/(?:'[^']*'|"[^"]*"|\S)+/g)].map(([word]) => word.replace(/['"]/g, ''))
  return { program: name === 'controller' ? 'controller' : 'agent', words }
}

/** Why the program would refuse it. With `isWhole` it must have all its arguments; a mention in prose need not. */
export async function refusalOf(line: string, isWhole: boolean): Promise<string | undefined> {
  const found = ownCommand(line)
  if (found === undefined) return undefined
  const { program, words } = found
  const command = program === 'agent' ? createAgent() : createController()
  disarm(command)
  try {
    await command.parseAsync(program === 'agent' ? withVerb(words) : words, { from: 'user' })
    const [isDefault] = command.commands.filter((each) => each.name() === 'install')
    // A word that is no command of the agent comes to its default one.
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
  if (command.commands.length === 0) command.action(() => undefined)
  for (const each of command.commands) disarm(each)
}
