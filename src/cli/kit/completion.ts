import { Argument, type Command, type Option } from 'commander'
import { examples } from './output.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

export interface CompletionOptions {
  /** All names of the program. Default: its own. */
  names?: readonly string[]
  /** Options that it takes without a command. */
  bare?: readonly Option[]
}

/** `PROGRAM completion bash|zsh|fish`, generated from the program's commands and options. */
export function registerCompletion(program: Command, options: CompletionOptions = {}): void {
  const name = program.name()
  program
    .command('completion')
    .summary('print shell completion')
    .description('Prints a script that completes the commands and options of this program in a shell.')
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
}

/** The completion script: subcommands and options of each command, and the choices of options that have them. */
export function completion(program: Command, shell: Shell, { names, bare = [] }: CompletionOptions = {}): string {
  const called = names ?? [program.name()]
  const entries = entriesOf(program, program.name(), [...program.options, ...bare], program.options)
  if (shell === 'fish') return called.flatMap((name) => entries.map((entry) => fish(name, entry))).join('')
  const script = bash(called, entries)
  return shell === 'bash'
    ? script
    : `#compdef ${called.join(' ')}\nautoload -U +X bashcompinit && bashcompinit\n${script}`
}

interface Entry {
  /** The program's name and the commands down to this one. */
  path: string
  commands: readonly Command[]
  options: readonly Option[]
}

/** `common`: options of the program itself, which every command accepts. */
function entriesOf(
  { commands }: Command,
  path: string,
  options: readonly Option[],
  common: readonly Option[],
): Entry[] {
  const below = commands.flatMap((each) =>
    entriesOf(each, `${path} ${each.name()}`, [...each.options, ...common], common),
  )
  return [{ path, commands, options }, ...below]
}

const flagsOf = ({ short, long }: Option) => [short, long].filter((flag) => flag !== undefined)
const takesValue = ({ required, optional }: Option) => required || optional

/** `-o default`: where the script offers no words, such as for the value of an option, bash completes file names. */
function bash(called: readonly string[], entries: readonly Entry[]): string {
  const [name = ''] = entries.map(({ path }) => path)
  const cases = entries.map(({ path, commands, options }) => {
    const words = [...commands.map((command) => command.name()), ...options.flatMap(({ long }) => long ?? []), '--help']
    return `      '${path}') words='${words.join(' ')}' ;;`
  })
  const values = entries.flatMap(({ path, options }) =>
    options.filter(takesValue).map((option) => {
      const patterns = flagsOf(option).map((flag) => `'${path} ${flag}'`)
      return `    ${patterns.join('|')}) words='${option.argChoices?.join(' ') ?? ''}' ;;`
    }),
  )
  return `_${name}_completion() {
  local words='' path='${name}' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="$path $word" ;; esac
  done
  while :; do
    case "$path" in
${cases.join('\n')}
    esac
    [ -n "$words" ] && break
    case "$path" in *' '*) path="\${path% *}" ;; *) break ;; esac
  done
  case "$path \${COMP_WORDS[COMP_CWORD-1]}" in
${values.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _${name}_completion ${called.join(' ')}
`
}

function fish(name: string, { path, commands, options }: Entry): string {
  const [, ...verbs] = path.split(' ')
  const condition =
    verbs.length === 0
      ? '__fish_use_subcommand'
      : verbs.map((verb) => `__fish_seen_subcommand_from ${verb}`).join('; and ')
  const line = (what: string, summary: string) =>
    `complete -c ${name} -n ${quote(condition)} ${what} -d ${quote(summary)}\n`
  return [
    ...commands.map((command) => line(`-f -a ${command.name()}`, command.summary() || command.description())),
    ...options.map((option) => line(fishOption(option), option.description)),
    line('-l help', 'help'),
  ].join('')
}

function fishOption(option: Option): string {
  const flags = flagsOf(option).map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
  const value = option.argChoices ? [`-x -a ${quote(option.argChoices.join(' '))}`] : takesValue(option) ? ['-r'] : []
  return [...flags, ...value].join(' ')
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
