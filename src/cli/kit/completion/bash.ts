import type { Option } from 'commander'
import type { Entry, Words, WordsOf } from './entry.ts'

const flagsOf = ({ short, long }: Option) => [short, long].filter((flag) => flag !== undefined)

/** `-o default`: where the script offers no words, such as for a file, bash completes file names. */
export function bashScript(called: readonly string[], entries: readonly Entry[], wordsOf: WordsOf): string {
  const [name = ''] = entries.map(({ path }) => path)
  const values = entries.flatMap(({ path, options }) =>
    options
      .filter(({ required, optional }) => required || optional)
      .map((option) => ({ patterns: flagsOf(option).map((flag) => `'${path} ${flag}'`), option })),
  )
  const commands = entries.slice(1).map(({ path }) => `'${path}'`)
  const offered = entries.map((entry) => {
    const words = [
      ...entry.commands.map((command) => command.name()),
      ...entry.options.flatMap(({ long }) => long ?? []),
      '--help',
    ]
    return `    '${entry.path}') words='${words.join(' ')}' ;;`
  })
  const places = entries.flatMap(({ path, arguments: all }) =>
    all.flatMap((argument, at) => assignment(`'${path} ${at}'`, wordsOf(argument)) ?? []),
  )
  return `_${name}_completion() {
  local words='' kind='' path='${name}' word='' flag='' at=0 last="\${COMP_WORDS[COMP_CWORD]}" admin=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [ -n "$flag" ]; then
      [ "$flag" = --admin ] && admin=(--admin "$word")
      flag=''
      continue
    fi
    case "$word" in
      -*) case "$path $word" in ${values.flatMap(({ patterns }) => patterns).join('|')}) flag="$word" ;; esac ;;
      *) case "$path $word" in
        ${commands.join('|')}) path="$path $word" at=0 ;;
        *) at=$((at + 1)) ;;
      esac ;;
    esac
  done
  case "$path" in
${offered.join('\n')}
  esac
  if [ -n "$flag" ]; then
    words=''
    case "$path $flag" in
${values.flatMap(({ patterns, option }) => assignment(patterns.join('|'), wordsOf(option)) ?? []).join('\n')}
    esac
  elif [ "\${last#-}" = "$last" ]; then
    case "$path $at" in
${places.join('\n')}
    esac
  fi
  [ -n "$kind" ] && words="$("\${COMP_WORDS[0]}" __complete "$kind" "\${admin[@]}" 2>/dev/null)"
  COMPREPLY=($(compgen -W "$words" -- "$last"))
}
complete -o default -F _${name}_completion ${called.join(' ')}
`
}

function assignment(pattern: string, words: Words): string | undefined {
  if (words === undefined) return undefined
  return 'kind' in words
    ? `      ${pattern}) kind=${words.kind} ;;`
    : `      ${pattern}) words='${words.words.join(' ')}' ;;`
}
