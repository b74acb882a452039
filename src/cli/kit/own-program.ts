import { isSea } from 'node:sea'
import type { OwnProgram } from '../../report/own-commands.ts'

/** Undefined where the program is run from its source: then it is no single file that a person could call. */
export function ownProgram(name: OwnProgram['name']): OwnProgram | undefined {
  return isSea() ? { name, path: process.execPath } : undefined
}
