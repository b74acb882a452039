/** An action that fixes an error, as data, with its arguments. The user chooses the arguments that are missing. */
export interface Action {
  do: string
  [argument: string]: string | boolean | readonly string[] | undefined
}

/** The text of a fix, with actions inside. */
export type Remedy = readonly (string | Action)[]

/** A remedy and the same as plain text with commands. */
export interface RenderedRemedy {
  fix: string
  remedy: Remedy
}
