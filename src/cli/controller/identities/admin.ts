import type { Command } from 'commander'
import { administratorRoutes } from '../../../protocol/api/identities/administrators.ts'
import { type IssuedIdentity, MAX_DAYS } from '../../../protocol/api/identities/credentials.ts'
import { confirm } from '../../kit/confirm.ts'
import {
  type Column,
  examples,
  type Format,
  formatOption,
  type PlainFormat,
  render,
  tableOption,
  withFormatOrPath,
} from '../../kit/output.ts'
import { readAccess } from '../session/access.ts'
import { print, printAs, withAdmin, withClient } from '../session/session.ts'
import { labelOf, ttlUpTo, validOption } from './arguments.ts'
import { identityColumns } from './identity-columns.ts'

interface CreateFlags {
  admin?: string
  ttl?: number
  /** The earlier name of `ttl`. */
  valid?: number
  to?: string
  output: PlainFormat
}

const columns = (now: Date): Column<IssuedIdentity>[] => [
  { title: 'NAME', of: ({ name }) => name },
  ...identityColumns(now),
]

/** `controller admin create|list|revoke`. */
export function registerAdmin(program: Command): void {
  const admin = program.command('admin').description('create, list and revoke administrators')
  withFormatOrPath(withAdmin(admin.command('create')), 'to')
    .description('issue a certificate to another administrator; one for each person')
    .argument('<name>', 'lower-case letters, digits and dashes', labelOf)
    .option('--ttl <duration>', 'how long it is valid, in days (default: 365d)', ttlUpTo(MAX_DAYS))
    .addOption(validOption(MAX_DAYS))
    .option('--to <file>', 'administrator access file to write (default: NAME-admin.json)')
    .addHelpText('after', examples('controller admin create alice', 'controller admin create ci --ttl 30d'))
    .action(create)
  withAdmin(admin.command('list'))
    .description('list the certificates of all administrators')
    .addOption(tableOption())
    .addHelpText('after', examples('controller admin list', 'controller admin list -o json'))
    .action((flags: { admin?: string; output: Format }) =>
      withClient(flags, async (client) => {
        const all = await client.ask(administratorRoutes.listAdministrators, {})
        print(await render(flags.output, all, all, columns(new Date())))
      }),
    )
  withAdmin(admin.command('revoke'))
    .description('revoke the certificates of an administrator; open connections end within 5 seconds')
    .argument('<administrator>', 'name, or the serial number of one certificate')
    .option('-y, --yes', 'do not ask for confirmation')
    .addOption(formatOption())
    .addHelpText('after', examples('controller admin revoke alice'))
    .action((name: string, flags: { admin?: string; yes?: boolean; output: PlainFormat }) =>
      withClient(flags, async (client) => {
        await confirm(`Revoke administrator ${name}?`, flags.yes)
        const revoked = await client.ask(administratorRoutes.revokeAdministrator, { params: { name } })
        await printAs(flags.output, revoked, `Administrator ${revoked[0]?.name ?? name} is revoked.\n`)
      }),
    )
}

async function create(name: string, flags: CreateFlags): Promise<void> {
  const [{ createKeyPair, keyToPem }, { buildCsr }, { reserveFile }] = await Promise.all([
    import('../../../pki/key.ts'),
    import('../../../pki/csr.ts'),
    import('./new-credentials.ts'),
  ])
  const { url } = await readAccess(flags.admin)
  await withClient(flags, async (client) => {
    let administrator: IssuedIdentity
    const file = reserveFile(flags.to ?? `${name}-admin.json`)
    try {
      const { privateKey } = createKeyPair()
      const body = { name, csr: buildCsr(privateKey, 'administrator'), days: flags.ttl ?? flags.valid }
      const answer = await client.ask(administratorRoutes.createAdministrator, { body })
      const { certificate, ca } = answer
      administrator = answer.administrator
      file.write(`${JSON.stringify({ url, ca, certificate, key: keyToPem(privateKey) }, null, 2)}\n`)
    } catch (error) {
      file.release()
      throw error
    }
    const text = `Administrator ${name} created.
Written: ${file.path}. Whoever can read it is ${name}.

Move it to ~/.config/cantrip/admin.json on the machine of ${name}, with mode 0600. Its URL is ${url}: if that machine reaches the
controller at another one, change the URL in the file.
`
    await printAs(flags.output, { administrator, url, file: file.path }, text)
  })
}
