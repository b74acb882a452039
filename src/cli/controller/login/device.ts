import { AgentError } from '../../../base/agent-error.ts'
import { type Clock, poll } from '../../../base/retry.ts'
import { printable } from '../../../base/text/printable.ts'
import { isUnavailable } from '../../../controller-client/ask.ts'
import { type DeviceLogin, oidcRoutes } from '../../../protocol/api/identities/logins.ts'
import type { BegunSession } from '../../../protocol/api/people/sessions.ts'
import type { AdminClient } from '../session/client.ts'

/** Signs in with the device flow: prints where the person enters which code, and waits. */
export async function signInByDevice(
  client: Pick<AdminClient, 'ask'>,
  { clock, print }: { clock: Clock; print(text: string): void },
): Promise<BegunSession> {
  const begun = await client.ask(oidcRoutes.beginDeviceLogin, { body: {} })
  print(instructions(begun))
  const { login, intervalSeconds, expiresAt } = begun
  const withinMs = Math.max(0, Date.parse(expiresAt) - clock.now().getTime())
  const look = async () => {
    try {
      const answer = await client.ask(oidcRoutes.completeDeviceLogin, { body: { login } })
      return answer.token === undefined ? undefined : (answer as BegunSession)
    } catch (error) {
      // The controller or the provider may be back in time.
      if (!isUnavailable(error)) throw error
      return undefined
    }
  }
  const session = await poll({ firstMs: intervalSeconds * 1_000, withinMs }, look, { clock })
  if (session) return session
  throw new AgentError('login/lapsed', 'nobody entered the code in time', { fix: 'sign in again', kind: 'refused' })
}

function instructions({ userCode, url, completeUrl }: DeviceLogin): string {
  const code = printable(userCode)
  const lines = [`To sign in, open ${printable(url)} on any machine, and enter the code ${code}`]
  if (completeUrl !== undefined) lines.push(`or open ${printable(completeUrl)} and compare the code.`)
  return `${lines.join('\n')}\n`
}
