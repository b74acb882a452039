import type { Command } from 'commander'
import { type AuthorityView, authorityRoutes } from '../../protocol/api/identities/authority.ts'
import { confirm } from '../kit/confirm.ts'
import { examples, formatOption, localTime, type PlainFormat, structured } from '../kit/output.ts'
import { print, withAdmin, withClient } from './session/session.ts'

interface Flags {
  admin?: string
  output: PlainFormat
  force?: boolean
  yes?: boolean
}

/** `controller ca rotate|status|finish`. */
export function registerCa(program: Command): void {
  const ca = program.command('ca').description("rotate the controller's CA and instruction key")
  const show = async (flags: Flags, ask: () => Promise<AuthorityView>) => {
    const view = await ask()
    print(flags.output === 'text' ? authorityText(view) : await structured(flags.output, view))
  }
  withAdmin(ca.command('rotate'))
    .description('create the next CA and instruction key, and send them to the nodes; the present ones stay valid')
    .addOption(formatOption())
    .addHelpText('after', examples('controller ca rotate'))
    .action((flags: Flags) =>
      withClient(flags, (client) => show(flags, () => client.ask(authorityRoutes.rotateAuthority, { body: {} }))),
    )
  withAdmin(ca.command('status'))
    .description('show the CAs, and which nodes do not have the newest one')
    .addOption(formatOption())
    .addHelpText('after', examples('controller ca status', 'controller ca status -o json'))
    .action((flags: Flags) =>
      withClient(flags, (client) => show(flags, () => client.ask(authorityRoutes.showAuthority, {}))),
    )
  withAdmin(ca.command('finish'))
    .description('end the rotation: only the next CA and instruction key remain')
    .option('--force', 'even if nodes do not have them; install those nodes again with new credentials')
    .option('-y, --yes', 'do not ask for confirmation of --force')
    .addOption(formatOption())
    .addHelpText('after', examples('controller ca finish', 'controller ca finish --force'))
    .action(async (flags: Flags) => {
      if (flags.force) await confirm('Shut out the nodes that do not have the next CA?', flags.yes)
      const query = flags.force ? { force: '1' as const } : {}
      await withClient(flags, (client) =>
        show(flags, () => client.ask(authorityRoutes.finishAuthority, { query, body: {} })),
      )
    })
}

function authorityText({ authorities, rotating, nodes, ready, waiting }: AuthorityView): string {
  const lines = authorities.map(({ name, fingerprint, expiresAt }, at) => {
    const state = !rotating ? 'in use' : at === 0 ? 'in use, until the end of the rotation' : 'next'
    return `${name} (${state}), valid until ${localTime(expiresAt)}\n  SHA-256 ${fingerprint}`
  })
  lines.push(`${ready} of ${nodes} nodes have the newest one.`)
  lines.push(...waiting.map(({ cluster, name, reason }) => `  ${name} of ${cluster}: ${reason}`))
  if (rotating && waiting.length === 0) lines.push('To end the rotation: controller ca finish')
  return `${lines.join('\n')}\n`
}
