import { isSea } from 'node:sea'
import type { OwnProgram } from '../../report/own-commands.ts'

/** Undefined if the program runs from source: then there is no executable that a printed command could name. */
export function ownProgram(name: OwnProgram['name']): OwnProgram | undefined {
  return isSea() ? { name, path: process.execPath } : undefined
}
