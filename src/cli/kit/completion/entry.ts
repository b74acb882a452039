import type { Argument, Command, Option } from 'commander'

/** What can follow a command. */
export interface Entry {
  /** The program's name and the commands down to this one. */
  path: string
  commands: readonly Command[]
  options: readonly Option[]
  arguments: readonly Argument[]
}

/** How a value is completed: by words, by the names of a kind, or by neither. */
export type Words = { words: readonly string[] } | { kind: string } | undefined

export type WordsOf = (value: Argument | Option) => Words
