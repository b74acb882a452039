import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AgentError } from '../../../base/agent-error.ts'
import { readIfThere, writeDurably } from '../../../base/durable-file.ts'
import { PRIVATE_FILES } from './key-set.ts'
import { isSealed, type Sealer } from './seal-key.ts'

/**
 * Seals all private keys below the directory of the keys, or writes them in clear again. Files that already are as wanted stay, so
 * that a call after a crash completes it. All are opened before the first one is written: with a wrong key file nothing changes.
 * Returns the paths of the files that were changed. Throws AgentError `authority/missing`, and what `sealer` throws.
 */
export function rewriteKeys(directory: string, sealer: Sealer, wanted: 'sealed' | 'clear'): string[] {
  const places = [directory, ...['next', 'final'].map((name) => join(directory, name))].filter((path) =>
    existsSync(path),
  )
  const found = places.flatMap((place) =>
    PRIVATE_FILES.flatMap((name) => {
      const path = join(place, name)
      const text = readIfThere(path)
      return text === undefined ? [] : [{ path, name, text }]
    }),
  )
  if (found.length === 0) {
    throw new AgentError('authority/missing', `${directory} has no keys of a controller`, {
      fix: 'pass the data directory of the controller: --data DIRECTORY',
      kind: 'invalid',
    })
  }
  const opened = found.map(({ path, name, text }) => ({
    ...{ path, name, isRight: isSealed(text) === (wanted === 'sealed') },
    clear: isSealed(text) ? sealer.unseal(name, text) : text,
  }))
  const wrong = opened.filter(({ isRight }) => !isRight)
  for (const { path, name, clear } of wrong) writeDurably(path, wanted === 'sealed' ? sealer.seal(name, clear) : clear)
  return wrong.map(({ path }) => path)
}
