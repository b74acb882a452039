import type { Command } from 'commander'
import { printable } from '../../../base/text/printable.ts'
import { type BegunSession, sessionRoutes } from '../../../protocol/api/people/sessions.ts'
import { examples, formatOption, localTime, type PlainFormat } from '../../kit/output.ts'
import { STEADY_CLOCK } from '../../kit/steady-clock.ts'
import { rolesText } from '../people/roles.ts'
import { type AdminClient, openLoginClient } from '../session/client.ts'
import { printAs } from '../session/session.ts'
import { signInByDevice } from './device.ts'
import { originOf } from './origin.ts'
import { readPassword } from './password.ts'
import { savedLogin, saveLogin } from './saved-logins.ts'
import { type TrustFlags, trustedCa } from './trust.ts'

interface Flags extends TrustFlags {
  username?: string
  passwordFile?: string
  output: PlainFormat
}

/** `controller login URL`. */
export function registerLogin(program: Command): void {
  program
    .command('login')
    .description('sign in at a controller; the session is kept in ~/.config/cantrip/logins')
    .argument('<url>', 'URL of the controller', originOf)
    .option('--ca-fingerprint <sha256>', "SHA-256 fingerprint of the controller's CA (controller ca status)")
    .option('--ca <file>', "the controller's CA, PEM (default: this machine's CAs, or ask at the terminal)")
    .option('--username <name>', 'sign in with a local account, and its password (default: at the OIDC provider)')
    .option('--password-file <file>', 'file with the password, or - for standard input (default: ask at the terminal)')
    .addOption(formatOption())
    .addHelpText(
      'after',
      examples(
        'controller login https://controller.example:8443',
        'controller login https://controller.example:8443 --username alice',
        'controller login https://controller.example:8443 --ca-fingerprint 1E:F5:B4:…',
      ),
    )
    .action(login)
}

async function login(url: string, flags: Flags): Promise<void> {
  const ca = await trustedCa(url, flags, (await savedLogin(url))?.ca)
  const client = openLoginClient({ url, ca })
  try {
    const session = await (flags.username === undefined
      ? signInByDevice(client, { clock: STEADY_CLOCK, print: (text) => process.stderr.write(text) })
      : signInByPassword(client, flags.username, flags.passwordFile))
    const { token = '', name, expiresAt } = session
    // During a rotation of its keys the controller has two CAs.
    const known = ca === undefined ? {} : { ca: session.ca }
    saveLogin({ url, ...known, token, name, signedInAt: new Date().toISOString(), expiresAt })
    const text = `Signed in at ${url} as ${printable(name)} until ${localTime(expiresAt)}: ${rolesText(session.grants)}.\n`
    await printAs(flags.output, { url, name, expiresAt, grants: session.grants }, text)
  } finally {
    client.close()
  }
}

async function signInByPassword(client: AdminClient, name: string, file: string | undefined): Promise<BegunSession> {
  const password = await readPassword(file, `Password of ${name}: `)
  return client.ask(sessionRoutes.createSession, { body: { name, password, kind: 'token' } })
}
