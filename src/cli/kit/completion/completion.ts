import { Argument, type Command, type Option } from 'commander'
import { examples } from '../output.ts'
import { bashScript } from './bash.ts'
import type { Entry, Words } from './entry.ts'
import { fishScript } from './fish.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** The names that exist now, for each `<kind>` of argument or value of an option. */
export type NamesByKind = Readonly<Record<string, (options: { admin?: string }) => Promise<readonly string[]>>>

export interface CompletionOptions {
  /** All names of the program. Default: its own. */
  called?: readonly string[]
  /** Options that it takes without a command. */
  bare?: readonly Option[]
  names?: NamesByKind
}

/** `PROGRAM completion bash|zsh|fish`, generated from the program's commands and options. */
export function registerCompletion(program: Command, options: CompletionOptions = {}): void {
  const name = program.name()
  program
    .command('completion')
    .summary('print shell completion')
    .description('Prints a script that completes the commands, options and names of this program in a shell.')
    .addArgument(new Argument('<shell>', 'shell to complete in').choices(SHELLS))
    .addHelpText(
      'after',
      examples(
        `source <(${name} completion bash)`,
        `${name} completion fish > ~/.config/fish/completions/${name}.fish`,
      ),
    )
    .action((shell: Shell) => {
      process.stdout.write(completion(program, shell, options))
    })
  program
    .command('__complete <kind>', { hidden: true })
    .description('print the names of a kind, for the script of `completion`')
    .option('--admin <file>', 'administrator access file')
    .addHelpText('after', examples(`${name} __complete cluster`))
    .action(async (kind: string, given: { admin?: string }) => {
      process.stdout.write(await namesOf(options.names?.[kind], given))
    })
}

/** A shell shows nothing if there is no answer: what went wrong is told by the command itself. */
async function namesOf(list: NamesByKind[string] | undefined, given: { admin?: string }): Promise<string> {
  const found = await list?.(given).catch(() => [])
  return (found ?? []).map((name) => `${name}\n`).join('')
}

/** The completion script: subcommands and options of each command, their choices, and the names that `<kind>` stands for. */
export function completion(program: Command, shell: Shell, options: CompletionOptions = {}): string {
  const { called = [program.name()], bare = [], names = {} } = options
  const entries = entriesOf(program, program.name(), [...program.options, ...bare], program.options)
  const wordsOf = (value: Argument | Option) => valueWords(value, names)
  if (shell === 'fish') return fishScript(called, entries, wordsOf)
  const script = bashScript(called, entries, wordsOf)
  return shell === 'bash'
    ? script
    : `#compdef ${called.join(' ')}\nautoload -U +X bashcompinit && bashcompinit\n${script}`
}

/** `common`: options of the program itself, which every command accepts. */
function entriesOf(command: Command, path: string, options: readonly Option[], common: readonly Option[]): Entry[] {
  const shown = command.createHelp()
  const commands = shown.visibleCommands(command).filter((each) => each.name() !== 'help')
  const below = commands.flatMap((each) =>
    entriesOf(each, `${path} ${each.name()}`, [...each.options, ...common], common),
  )
  const visible = options.filter(({ hidden }) => !hidden)
  return [{ path, commands, options: visible, arguments: command.registeredArguments }, ...below]
}

function valueWords(value: Argument | Option, names: NamesByKind): Words {
  if (value.argChoices) return { words: value.argChoices }
  const kind = placeholderOf(value)
  return kind !== undefined && kind in names ? { kind } : undefined
}

/** `cluster` of `<cluster>`, `check` of `--ignore-check <check[=reason]>`; undefined if there is no value. */
export function placeholderOf(value: Argument | Option): string | undefined {
  return value instanceof Argument ? value.name() : /<([^>[]+)/.exec(value.flags)?.[1]
}
