import { mkdirSync } from 'node:fs'
import { writeDurably } from '../base/durable-file.ts'
import { temporaryPath } from '../host/machine.ts'

/** As `writeDurably`. The undo of the file also removes this temporary path. */
export function writeStateFile(path: string, text: string): void {
  writeDurably(path, text, temporaryPath(path))
}

export function makePrivateDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
}
