import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AgentError } from '../../../base/agent-error.ts'
import { badBundle } from '../../error.ts'
import { outputOf } from '../../make/command.ts'
import { NotFetched } from '../http.ts'

const TIMEOUT_MS = 120_000
const KEY =
  /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[^\r\n]+: [^\r\n]*\r?\n)*\r?\n([A-Za-z0-9+/=\s]+?)(?:\r?\n=[A-Za-z0-9+/]{4})?\s*-----END/g
const CLEAR = '-----BEGIN PGP SIGNED MESSAGE-----'
const SIGNATURE = '-----BEGIN PGP SIGNATURE-----'

/** What a signature says: by whom it is, if that is known; otherwise why it is not checked. */
export type Judged = { by: string } | { unknown: string }

/** Verifies signatures with gpgv, and only with the keys that it was given. */
export interface Pgp {
  /** Throws NotFetched if the signature is of another content. */
  detached(file: string, signature: Buffer): Promise<Judged>
  /** What was signed in clear text, as gpgv reads it, without what is around it. */
  clear(signed: Buffer): Promise<Judged & { text: string }>
}

export const isDetached = (text: Buffer): boolean => text.subarray(0, SIGNATURE.length).toString() === SIGNATURE
export const isClear = (text: Buffer): boolean => text.subarray(0, CLEAR.length).toString() === CLEAR

/** The keys of an armored file, in the form of a keyring. Throws `bundle/bad-key`. */
export function keyringOf(armored: string, path: string): Buffer {
  const keys = [...armored.matchAll(KEY)].map(([, base64 = '']) => Buffer.from(base64, 'base64'))
  if (keys.some((key) => key.length > 0)) return Buffer.concat(keys)
  const message = `found no PGP public key in ${path}; wanted one in ASCII armor`
  throw badBundle('bad-key', message, 'write the key with: gpg --armor --export FINGERPRINT')
}

/** `directory`: it is made, for files that are needed meanwhile. Throws `bundle/no-tool`. */
export async function openPgp(keyrings: readonly Buffer[], directory: string): Promise<Pgp> {
  const env = { PATH: process.env.PATH ?? '', GNUPGHOME: directory, LC_ALL: 'C' }
  if (!(await outputOf(['gpgv', '--version'], TIMEOUT_MS, env)).startsWith('gpgv ')) {
    throw new AgentError('bundle/no-tool', 'gpgv is not installed; wanted it for --pgp-key', {
      fix: 'apt-get install gpgv; or leave --pgp-key out',
    })
  }
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const options: string[] = []
  for (const [at, keyring] of keyrings.entries()) {
    const file = join(directory, `keyring-${at}.gpg`)
    await writeFile(file, keyring)
    options.push('--keyring', file)
  }
  let count = 0
  const next = () => join(directory, `pgp-${count++}`)
  const gpgv = (...argv: string[]) => outputOf(['gpgv', '--status-fd', '1', ...options, ...argv], TIMEOUT_MS, env)
  return {
    async detached(file, signature) {
      const path = next()
      await writeFile(path, signature)
      return judged(await gpgv(path, file))
    },
    async clear(signed) {
      // Other blocks would be read too, whoever signed them.
      if (signed.toString('latin1').split('\n-----BEGIN').length !== 2) {
        throw new NotFetched('has more than one part that is signed', 'permanent')
      }
      const [path, output] = [next(), next()]
      await writeFile(path, signed)
      const found = judged(await gpgv('--output', output, path))
      return { ...found, text: 'by' in found ? await readFile(output, 'utf8') : '' }
    },
  }
}

/** Reads the status lines of gpgv, which are those of doc/DETAILS of GnuPG. */
function judged(printed: string): Judged {
  const lines = printed.split('\n').flatMap((line) => (line.startsWith('[GNUPG:] ') ? [line.slice(9).split(' ')] : []))
  const find = (...names: string[]) => lines.find(([name = '']) => names.includes(name))
  if (find('BADSIG')) throw new NotFetched('has a wrong signature: it was made of another content', 'permanent')
  // Of several signatures, each begins with NEWSIG. One that counts is enough.
  const begins = lines.flatMap(([name], at) => (name === 'NEWSIG' ? [at] : []))
  for (const [at, begin] of begins.entries()) {
    const own = lines.slice(begin, begins[at + 1])
    const valid = own.find(([name]) => name === 'VALIDSIG')
    if (valid && own.some(([name]) => name === 'GOODSIG')) return { by: valid[10] ?? valid[1] ?? '' }
  }
  const [reason = '', key = ''] = find('EXPSIG', 'EXPKEYSIG', 'REVKEYSIG', 'ERRSIG') ?? []
  if (key === '') throw new NotFetched('has a signature that gpgv cannot read', 'permanent')
  return { unknown: `${WHY[reason] ?? 'signed by another key'} (${key})` }
}

const WHY: Record<string, string> = {
  EXPSIG: 'the signature has expired',
  EXPKEYSIG: 'the key has expired',
  REVKEYSIG: 'the key is revoked',
}
