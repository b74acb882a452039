import { Argument, type Command } from 'commander'

export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .summary('completion for a shell')
    .description('Prints what makes a shell complete the commands and options of this program.')
    .addArgument(new Argument('<shell>', 'which one').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      '\nExamples:\n  source <(agent completion bash)\n  agent completion fish > ~/.config/fish/completions/agent.fish\n',
    )
    .action((shell: 'bash' | 'zsh' | 'fish') => {
      process.stdout.write(completionText(shell, program))
    })
}

interface Verb {
  name: string
  summary: string
  options: { flag: string; description: string }[]
}

function verbsOf(program: Command): Verb[] {
  return program.commands.map((command) => ({
    name: command.name(),
    summary: command.summary() || command.description(),
    options: [...command.options, ...program.options].map((option) => ({
      flag: option.long ?? option.short ?? '',
      description: option.description,
    })),
  }))
}

/** The names that the program goes by: as it is downloaded, and as it installs itself. */
const NAMES = 'agent cantrip-agent'

export function completionText(shell: 'bash' | 'zsh' | 'fish', program: Command): string {
  const verbs = verbsOf(program)
  return shell === 'fish'
    ? fish(verbs)
    : `${shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : ''}${bash(verbs)}`
}

function bash(verbs: readonly Verb[]): string {
  const cases = verbs.map(({ name, options }) => `    ${name}) words="${options.map(({ flag }) => flag).join(' ')}" ;;`)
  return `_cantrip_agent() {
  local word=\${COMP_WORDS[COMP_CWORD]} words="${verbs.map(({ name }) => name).join(' ')} --creds-file --passphrase-file --uninstall --help"
  case \${COMP_WORDS[COMP_CWORD-1]} in --creds-file|--passphrase-file|--output) COMPREPLY=(); return ;; esac
  if ((COMP_CWORD > 1)); then case \${COMP_WORDS[1]} in
${cases.join('\n')}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _cantrip_agent ${NAMES}
`
}

function fish(verbs: readonly Verb[]): string {
  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const lines = NAMES.split(' ').flatMap((program) =>
    verbs.flatMap(({ name, summary, options }) => [
      `complete -c ${program} -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
      ...options.map(
        ({ flag, description }) =>
          `complete -c ${program} -n ${quote(`__fish_seen_subcommand_from ${name}`)} -l ${flag.replace(/^-+/, '')} -d ${quote(description)}`,
      ),
    ]),
  )
  return `${lines.join('\n')}\n`
}
