/** Something to do about an error, as data: what, and with which arguments. An argument that is absent is for a person to choose. */
export interface Action {
  do: string
  [argument: string]: string | boolean | readonly string[] | undefined
}

/** What a person reads about it, with actions where they stand in the text. */
export type Remedy = readonly (string | Action)[]

/** The remedy, and `fix`: the same as text with commands, for whoever shows nothing else. */
export interface Mending {
  fix: string
  remedy: Remedy
}
