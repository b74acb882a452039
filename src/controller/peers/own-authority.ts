import { createHash } from 'node:crypto'
import { AgentError } from '../../base/agent-error.ts'
import { type Authority, openAuthority } from '../access/authority.ts'
import type { Sealer } from '../access/keys/seal-key.ts'
import type { Store } from '../store/port.ts'
import type { SharedKeys } from '../store/shared.ts'

/**
 * Opens the keys in the directory. All controllers of a database have the same ones: those of the first one. Throws
 * `authority/other` if the directory has others, or has not got those of a rotation yet.
 */
export async function openSharedAuthority(
  store: Store,
  directory: string,
  now: Date,
  sealer?: Sealer,
): Promise<Authority> {
  const { shared } = store
  const isInUse = (await shared?.keys()) !== undefined || (await store.clusters()).length > 0
  const authority = openAuthority(directory, now, isInUse, sealer)
  const own = keysOf(authority)
  const before = await shared?.keys()
  // Keys of another authority never become those of the database, whatever their generation is.
  if (before === undefined || before.fingerprints.some((each) => own.fingerprints.includes(each)))
    await shared?.setKeys(own)
  const stored = await shared?.keys()
  if (stored === undefined || stored.fingerprints.join() === own.fingerprints.join()) return authority
  const found = `the keys in ${directory} are ${own.fingerprints.join(', ')}; the controllers of this database use ${stored.fingerprints.join(', ')}`
  throw new AgentError('authority/other', found, {
    fix: `copy the files of the directory pki/ of another controller of this database to ${directory}, and start again; or use another database`,
    kind: 'invalid',
  })
}

/** A CA and its instruction key belong together. */
function keysOf({ issuers, instructionKey, nextInstructionKey, trustList }: Authority): SharedKeys {
  const hash = (key: string) => createHash('sha256').update(key).digest('base64url').slice(0, 16)
  const instructionKeys = [instructionKey, ...(nextInstructionKey === undefined ? [] : [nextInstructionKey])]
  return {
    generation: trustList?.generation ?? 2,
    fingerprints: issuers.map((issuer, at) => `${issuer}/${hash(instructionKeys[at] ?? '')}`),
  }
}
