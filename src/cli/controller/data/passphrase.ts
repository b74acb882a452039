import type { Command } from 'commander'
import { AgentError } from '../../../base/agent-error.ts'

/** The name of the systemd credential (LoadCredential= or SetCredentialEncrypted=). */
const CREDENTIAL = 'backup-passphrase'
const LEAST = 12
const MAX_BYTES = 4_096
const WHERE = `pass --passphrase-file FILE, or - for standard input; in a systemd unit: LoadCredential=${CREDENTIAL}:FILE`

export function withPassphrase(command: Command): Command {
  return command.option(
    '--passphrase-file <file>',
    `file with the passphrase of the backup, or - for standard input (default: the systemd credential ${CREDENTIAL})`,
  )
}

/** Of the file, standard input or the systemd credential, without the line break at its end. */
export async function readPassphrase(file: string | undefined, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const directory = env.CREDENTIALS_DIRECTORY
  if (file === undefined && directory === undefined) {
    throw new AgentError('passphrase/missing', 'there is no passphrase for the backup', { fix: WHERE, kind: 'invalid' })
  }
  const text = file === '-' ? await readInput() : await readNamed(file ?? `${directory}/${CREDENTIAL}`)
  const passphrase = text.replace(/\r?\n$/, '')
  if (passphrase.length >= LEAST) return passphrase
  throw new AgentError(
    'passphrase/short',
    `the passphrase has ${passphrase.length} characters; wanted at least ${LEAST}`,
    {
      fix: 'make one with: openssl rand -base64 24',
      kind: 'invalid',
    },
  )
}

async function readNamed(path: string): Promise<string> {
  const { readGiven } = await import('../../../host/linux/files/read-given.ts')
  return readGiven({
    ...{ path, what: 'passphrase file', code: 'passphrase', maxBytes: MAX_BYTES, isSecret: true },
    ifMissing: WHERE,
  })
}

async function readInput(): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of process.stdin) parts.push(part)
  return Buffer.concat(parts).toString('utf8').slice(0, MAX_BYTES)
}
