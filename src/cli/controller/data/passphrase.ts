import type { Command } from 'commander'
import { AgentError } from '../../../base/agent-error.ts'
import { readSecretText } from '../session/secret-text.ts'

/** The name of the systemd credential (LoadCredential= or SetCredentialEncrypted=). */
const CREDENTIAL = 'backup-passphrase'
const LEAST = 12
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
  const named = { what: 'passphrase file', code: 'passphrase', isSecret: true, ifMissing: WHERE } as const
  const passphrase = await readSecretText(file ?? `${directory}/${CREDENTIAL}`, named)
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
