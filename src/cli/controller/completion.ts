import { Argument, type Command } from 'commander'
import { examples } from '../kit/output.ts'

const SHELLS = ['bash', 'zsh', 'fish']

/** `PROGRAM completion bash|zsh|fish`, made from the program's own tree of verbs. */
export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .description('completion for a shell')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .addHelpText('after', examples(`source <(${program.name()} completion bash)`))
    .action((shell: string) => {
      process.stdout.write(completion(program, shell))
    })
}

/** The script; words by the verbs before them. */
export function completion(program: Command, shell: string): string {
  const entries = wordsOf(program, program.name())
  const name = program.name()
  if (shell === 'fish') return entries.map((entry) => fish(name, entry)).join('')
  const cases = entries.map(({ path, words }) => `    '${path}') words='${words.join(' ')}' ;;\n`).join('')
  return shell === 'bash'
    ? bash(name, cases)
    : `#compdef ${name}\nautoload -U +X bashcompinit && bashcompinit\n${bash(name, cases)}`
}

interface Entry {
  path: string
  words: string[]
}

function wordsOf(command: Command, path: string): Entry[] {
  const verbs = command.commands.map((each) => each.name())
  const flags = command.options.flatMap(({ long }) => long ?? [])
  const below = command.commands.flatMap((each) => wordsOf(each, `${path} ${each.name()}`))
  return [{ path, words: [...verbs, ...flags, '--help'] }, ...below]
}

function bash(name: string, cases: string): string {
  return `_${name}_completion() {
  local words='' path='${name}' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="$path $word" ;; esac
  done
  while :; do
    case "$path" in
${cases.replace(/^ {4}/gm, '      ')}    esac
    [ -n "$words" ] && break
    case "$path" in *' '*) path="\${path% *}" ;; *) break ;; esac
  done
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _${name}_completion ${name}
`
}

function fish(name: string, { path, words }: Entry): string {
  const [, ...verbs] = path.split(' ')
  const condition =
    verbs.length === 0
      ? '__fish_use_subcommand'
      : verbs.map((verb) => `__fish_seen_subcommand_from ${verb}`).join('; and ')
  return words
    .map((word) => {
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`
      return `complete -c ${name} -f -n '${condition}' ${what}\n`
    })
    .join('')
}
