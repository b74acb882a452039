import { AgentError } from '../../../base/agent-error.ts'
import type { HostView } from '../../../host/host.ts'
import { boundSockets, socketHolders } from '../../../host/network/listeners.ts'
import { unitProperties } from '../../../host/units/unit-properties.ts'
import { INSTALLATION } from './installation.ts'
import type { ServiceSettings } from './settings.ts'

const DEFAULT_PORT = 8443

/** Before anything is changed: another program listens on a port of the service. Throws AgentError `install/port-in-use`. */
export async function refuseTakenPort(view: HostView, { options }: ServiceSettings): Promise<void> {
  const wanted = (['--listen', '--metrics-listen'] as const).flatMap((flag) => {
    const text = options[flag]?.[0]
    if (text === undefined) return flag === '--listen' ? [{ flag, port: DEFAULT_PORT }] : []
    return [{ flag, port: Number(text.slice(text.lastIndexOf(':') + 1)) }]
  })
  const bound = (await boundSockets(view)).filter(({ protocol }) => protocol === 'tcp')
  const { MainPID } = await unitProperties(view, INSTALLATION.unit, ['MainPID'])
  for (const { flag, port } of wanted) {
    const sockets = bound.filter((socket) => socket.port === port)
    const holders = [...(await socketHolders(view, sockets)).values()]
    const others = holders.filter((holder) => !holder.endsWith(`(pid ${MainPID})`))
    if (sockets.length === 0 || (holders.length > 0 && others.length === 0)) continue
    throw new AgentError('install/port-in-use', `port ${port} is in use by ${others.join(', ') || 'another program'}`, {
      fix: `stop that program, or pass another ${flag} HOST:PORT`,
      kind: 'refused',
    })
  }
}
