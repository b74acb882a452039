import type { Option } from 'commander'
import type { Entry, Words, WordsOf } from './entry.ts'

export function fishScript(called: readonly string[], entries: readonly Entry[], wordsOf: WordsOf): string {
  return called.flatMap((name) => entries.map((entry) => linesOf(name, entry, wordsOf))).join('')
}

function linesOf(name: string, { path, commands, options, arguments: all }: Entry, wordsOf: WordsOf): string {
  const [, ...verbs] = path.split(' ')
  const condition =
    verbs.length === 0
      ? '__fish_use_subcommand'
      : verbs.map((verb) => `__fish_seen_subcommand_from ${verb}`).join('; and ')
  const line = (what: string, summary: string) =>
    `complete -c ${name} -n ${quote(condition)} ${what} -d ${quote(summary)}\n`
  const answers = (words: Words) =>
    words && quote('kind' in words ? `(${name} __complete ${words.kind} 2>/dev/null)` : words.words.join(' '))
  return [
    ...commands.map((command) => line(`-f -a ${command.name()}`, command.summary() || command.description())),
    ...all.flatMap((argument) => {
      const offered = answers(wordsOf(argument))
      return offered ? [line(`-f -a ${offered}`, argument.name())] : []
    }),
    ...options.map((option) => line(optionOf(option, answers(wordsOf(option))), option.description)),
    line('-l help', 'help'),
  ].join('')
}

function optionOf({ short, long, required, optional }: Option, answers: string | undefined): string {
  const flags = [...(short ? [`-s ${short.slice(1)}`] : []), ...(long ? [`-l ${long.slice(2)}`] : [])]
  const value = answers ? [`-x -a ${answers}`] : required || optional ? ['-r'] : []
  return [...flags, ...value].join(' ')
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
