import { mkdirSync, statSync } from 'node:fs'
import { writeDurably } from '../base/durable-file.ts'
import { temporaryPath } from '../host/machine.ts'

/** As `writeDurably`. The undo of the file also removes this temporary path. */
export function writeStateFile(path: string, text: string): void {
  writeDurably(path, text, temporaryPath(path))
}

export function makePrivateDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
}

/** Changes when the file is replaced; undefined if there is none. */
export function versionOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  return found && `${found.ino} ${found.mtimeMs}`
}
