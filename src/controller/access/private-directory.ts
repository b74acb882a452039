import { chmodSync, mkdirSync } from 'node:fs'

/** Creates the directory with mode 0700, and its parents. */
export function makePrivateDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  chmodSync(path, 0o700)
}
