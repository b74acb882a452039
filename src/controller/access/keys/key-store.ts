import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { AgentError } from '../../../base/agent-error.ts'
import { readIfThere, syncDirectory, writeDurably } from '../../../base/durable-file.ts'
import { makePrivateDirectory } from '../private-directory.ts'
import { createKeySet, KEY_FILES, type KeySet, readKeySet, writeKeys } from './key-set.ts'
import type { Sealer } from './seal-key.ts'

/**
 * The files of the keys. Directories beside them hold a rotation:
 *
 * - `unfinished`: a new set that is being written; a crash leaves it behind, and it is removed
 * - `next`: the new set, from the begin of the rotation
 * - `final`: the new set, from the end of the rotation until its files are in the place of the old ones
 *
 * Renaming a directory begins and ends the rotation, so a crash at any moment leaves one of these states.
 */
export interface KeyStore {
  readonly present: KeySet
  /** During a rotation. */
  readonly next: KeySet | undefined
  begin(now: Date): void
  finish(): void
}

/**
 * Reads the keys, and creates them at the first start. `isInUse`: the store has clusters, whose nodes trust these keys; then a
 * missing file is an error.
 */
export function openKeyStore(directory: string, now: Date, isInUse: boolean, sealer?: Sealer): KeyStore {
  makePrivateDirectory(directory)
  const at = (name: string) => join(directory, name)
  rmSync(at('unfinished'), { recursive: true, force: true })
  complete(directory)
  refuseMissing(directory, isInUse)
  // An earlier build wrote the certificate before the instruction key; a crash between the two left no instruction key.
  if (KEY_FILES.some((name) => !existsSync(at(name)))) {
    const made = createKeySet(1, now)
    if (existsSync(at('ca.crt'))) writeKeys(directory, made, ['instruction.key'], sealer)
    else writeKeys(directory, made, KEY_FILES, sealer)
  }
  let present = readKeySet(directory, sealer)
  let next = existsSync(at('next')) ? readKeySet(at('next'), sealer) : undefined
  return {
    get present() {
      return present
    },
    get next() {
      return next
    },
    begin(date) {
      const made = createKeySet(present.number + 1, date)
      rmSync(at('unfinished'), { recursive: true, force: true })
      mkdirSync(at('unfinished'), { mode: 0o700 })
      writeKeys(at('unfinished'), made, KEY_FILES, sealer)
      renameSync(at('unfinished'), at('next'))
      syncDirectory(directory)
      next = made
    },
    finish() {
      if (!next) return
      renameSync(at('next'), at('final'))
      syncDirectory(directory)
      complete(directory)
      present = next
      next = undefined
    },
  }
}

/** Puts the files of a finished rotation in place; repeats it after a crash. */
function complete(directory: string): void {
  const final = join(directory, 'final')
  if (!existsSync(final)) return
  for (const name of KEY_FILES) {
    const text = readIfThere(join(final, name))
    if (text !== undefined) writeDurably(join(directory, name), text)
  }
  rmSync(final, { recursive: true })
  syncDirectory(directory)
}

/** A new key in the place of a lost one would shut out every node for ever. */
function refuseMissing(directory: string, isInUse: boolean): void {
  const path = (name: string) => join(directory, name)
  const wanted = isInUse ? ['ca.crt', 'ca.key', 'instruction.key'] : existsSync(path('ca.crt')) ? ['ca.key'] : []
  const missing = wanted.map(path).filter((each) => !existsSync(each))
  if (missing.length === 0) return
  const list = missing.join(', ')
  const why = isInUse ? 'nodes trust no other key' : `it belongs to ${path('ca.crt')}`
  throw new AgentError('authority/missing', `${list} is missing, and a new one is not created: ${why}`, {
    fix: `restore ${list} from your backup of the data directory, or copy it from another controller of the same database, and start the controller again`,
    kind: 'invalid',
  })
}
