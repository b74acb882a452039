import type { CheckParams } from '../../engine/checks/check.ts'
import type { HostView } from '../../host/host.ts'
import { agentRoutes } from '../../protocol/api/agents.ts'
import { pathOf } from '../../protocol/api/route.ts'

const TIMEOUT_MS = 8_000

/** Another node that is connected with this name. Undefined also if no controller answers: the check `controller` reports that. */
export async function takenBy(
  host: HostView,
  name: string,
  { urls, ca, cert, key, proxy }: NonNullable<CheckParams['controller']>,
): Promise<string | undefined> {
  const machine = ((await host.read('/etc/machine-id')) ?? '').trim()
  const path = pathOf(agentRoutes.checkNodeName, { name }, { machine })
  const options = { tls: { ca, cert, key }, timeoutMs: TIMEOUT_MS, ...(proxy === undefined ? {} : { proxy }) }
  const answers = urls.map(async (url) => {
    const { status, body } = await host.network.request(new URL(path, url).href, options)
    if (status !== 200) throw new Error(`status ${status}`)
    return /"takenBy"\s*:\s*"([^"\\]{1,300})"/.exec(body)?.[1]
  })
  return await Promise.any(answers).catch(() => undefined)
}
