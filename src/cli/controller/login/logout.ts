import type { Command } from 'commander'
import { AgentError } from '../../../base/agent-error.ts'
import { sessionRoutes } from '../../../protocol/api/people/sessions.ts'
import { examples, formatOption, type PlainFormat } from '../../kit/output.ts'
import { openAdminClient } from '../session/client.ts'
import { printAs } from '../session/session.ts'
import { originOf } from './origin.ts'
import { removeLogin, type SavedLogin, savedLogin } from './saved-logins.ts'

/** `controller logout [URL]`. */
export function registerLogout(program: Command): void {
  program
    .command('logout')
    .description('end the session of controller login, and remove it from this machine')
    .argument('[url]', 'URL of the controller (default: CANTRIP_URL, or that of the latest login)', originOf)
    .addOption(formatOption())
    .addHelpText('after', examples('controller logout', 'controller logout https://controller.example:8443'))
    .action(logout)
}

async function logout(given: string | undefined, { output }: { output: PlainFormat }): Promise<void> {
  const { CANTRIP_URL } = process.env
  const url = given ?? (CANTRIP_URL ? originOf(CANTRIP_URL) : undefined)
  const login = await savedLogin(url)
  if (!login) {
    throw new AgentError('login/none', `not signed in${url === undefined ? '' : ` at ${url}`}`, {
      fix: 'sign in: controller login URL',
      kind: 'refused',
    })
  }
  await endSession(login)
  removeLogin(login.url)
  await printAs(output, { url: login.url, name: login.name }, `Signed out at ${login.url}.\n`)
}

/** The file stays if the controller cannot be reached: the session would go on, and nobody could end it from here. */
async function endSession({ url, ca, token }: SavedLogin): Promise<void> {
  const client = openAdminClient({ url, ca, token, from: 'login' })
  try {
    await client.ask(sessionRoutes.endSession, { params: { id: 'current' } })
  } catch (error) {
    // It had ended before.
    if (!(error instanceof AgentError && error.code === 'login/ended')) throw error
  } finally {
    client.close()
  }
}
