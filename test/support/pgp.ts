import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A PGP key that signs, in a keyring of its own. */
export interface PgpSigner {
  fingerprint: string
  /** In ASCII armor. */
  publicKey: string
  /** The text, signed in clear text. */
  clear(text: string): Promise<string>
  /** A signature of the content alone, in ASCII armor. */
  detached(content: string | Uint8Array): Promise<string>
  close(): Promise<void>
}

/** `expires`: as gpg reads it, such as `seconds=1`; `faked`: the time at which the key is made and signs. */
export async function newPgpSigner({
  expires = 'never',
  faked,
}: {
  expires?: string
  faked?: string
} = {}): Promise<PgpSigner> {
  const home = await mkdtemp(join(tmpdir(), 'gpg-'))
  const time = faked === undefined ? [] : ['--faked-system-time', faked]
  const gpg = async (...argv: string[]) => {
    const options = [
      '--batch',
      '--quiet',
      '--no-tty',
      '--homedir',
      home,
      '--pinentry-mode',
      'loopback',
      '--passphrase',
      '',
    ]
    return (await run('gpg', [...options, ...time, ...argv])).stdout
  }
  await gpg('--quick-generate-key', 'signer@example.com', 'ed25519', 'sign', expires)
  const listed = await gpg('--list-keys', '--with-colons')
  const signed = async (content: string | Uint8Array, ...argv: string[]) => {
    await writeFile(join(home, 'content'), content)
    await gpg('--yes', '--armor', '--output', join(home, 'signed'), ...argv, join(home, 'content'))
    return readFile(join(home, 'signed'), 'utf8')
  }
  return {
    fingerprint: /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? '',
    publicKey: await gpg('--armor', '--export'),
    clear: (text) => signed(text, '--clear-sign'),
    detached: (content) => signed(content, '--detach-sign'),
    async close() {
      await run('gpgconf', ['--homedir', home, '--kill', 'gpg-agent'])
      await rm(home, { recursive: true, force: true })
    },
  }
}
