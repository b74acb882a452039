import { basename, join } from 'node:path'
import type { Command } from 'commander'
import { AgentError } from '../../base/agent-error.ts'
import type { Sealer } from '../../controller/access/keys/seal-key.ts'
import type { AuditChange } from '../../protocol/audit/entry.ts'
import { examples, formatOption, type PlainFormat } from '../kit/output.ts'
import { changeData } from './service/data-owner.ts'
import { DEFAULT_DATA } from './session/access.ts'
import { printAs } from './session/session.ts'

interface Flags {
  data: string
  keyFile?: string
  output: PlainFormat
}

/** The name of the systemd credential. */
const CREDENTIAL = 'controller-key'
const MAX_BYTES = 4_096

/** `controller keys seal|unseal`: on the files of a controller that is stopped. */
export function registerKeys(program: Command): void {
  const keys = program.command('keys').description("seal the controller's private keys with a key file")
  const verbs = [
    ['seal', 'sealed', 'encrypt the CA key and the instruction key with a key file'],
    ['unseal', 'clear', 'decrypt the CA key and the instruction key'],
  ] as const
  for (const [verb, wanted, description] of verbs) {
    keys
      .command(verb)
      .description(`${description}; stop the controller first`)
      .option('--data <directory>', 'data directory', DEFAULT_DATA)
      .option('--key-file <file>', `key file (default: the systemd credential ${CREDENTIAL})`)
      .addOption(formatOption())
      .addHelpText('after', examples(`controller keys ${verb} --key-file /etc/cantrip-controller.key`))
      .action(async (flags: Flags) => {
        const { rewriteKeys } = await import('../../controller/access/keys/seal-files.ts')
        const sealer = await sealerOf(flags.keyFile)
        if (!sealer) {
          throw new AgentError('authority/wrong-key-file', 'found no key file', {
            fix: 'pass the key file: --key-file FILE',
            kind: 'invalid',
          })
        }
        const changed = await changeData(flags.data, {
          ...{ action: `${verb}Keys`, reason: `controller keys ${verb}` },
          work: () => whileStopped(flags.data, () => rewriteKeys(join(flags.data, 'pki'), sealer, wanted)),
          changes: (paths) => paths.map(keyChange),
        })
        const text = changed.map((path) => `${verb}ed: ${path}\n`).join('')
        await printAs(flags.output, { [`${verb}ed`]: changed }, text || 'No changes.\n')
      })
  }
}

function keyChange(path: string): AuditChange {
  const name = basename(path)
  return { record: 'key', id: name, name, change: 'changed', fields: {} }
}

/**
 * Rejects with `store/locked` if a controller runs on the data directory: it would go on to write keys as before. A controller whose
 * records are in a PostgreSQL database is not noticed.
 */
async function whileStopped<T>(data: string, work: () => T): Promise<T> {
  const { databaseFile, openFile } = await import('../../controller/store/open.ts')
  const { existsSync } = await import('node:fs')
  const file = databaseFile(data)
  const store = existsSync(file) ? await openFile(file) : undefined
  try {
    return work()
  } finally {
    await store?.close()
  }
}

/** From `--key-file`, or from a systemd credential; undefined if there is none. */
export async function sealerOf(
  keyFile: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Sealer | undefined> {
  const path = keyFile ?? (await credentialIn(environment.CREDENTIALS_DIRECTORY))
  if (path === undefined) return undefined
  const [{ readGiven }, { CREATE, openSealer }] = await Promise.all([
    import('../../host/linux/files/read-given.ts'),
    import('../../controller/access/keys/seal-key.ts'),
  ])
  const ifMissing = `pass the key file with which the keys were sealed; to seal them for the first time, ${CREATE}`
  const file = { path, what: 'key file', code: 'key-file', maxBytes: MAX_BYTES, isSecret: true }
  const text = await readGiven({ ...file, ifMissing })
  return openSealer(Buffer.from(text.trimEnd(), 'utf8'), path)
}

async function credentialIn(directory: string | undefined): Promise<string | undefined> {
  if (directory === undefined) return undefined
  const { existsSync } = await import('node:fs')
  const path = join(directory, CREDENTIAL)
  return existsSync(path) ? path : undefined
}
