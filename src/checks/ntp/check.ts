import type { Check, Verdict } from '../../engine/check.ts'
import type { HostView } from '../../host/host.ts'
import { lookForDaemons } from './daemons.ts'
import { askServers, configuredServers, type ServerAnswer } from './servers.ts'

/** Beyond it certificates and leases suffer. */
const FAR_OFF_MS = 5_000

export const check: Check = {
  id: 'ntp',
  title: 'Time synchronisation',
  hard: true,
  why: 'Clocks that drift apart break etcd and certificates. It is enough that a local service reports itself synchronised, or that a configured time server answers.',
  timeoutMs: 20_000,
  async look(host: HostView): Promise<Verdict> {
    const { running, synchronised } = await lookForDaemons(host)
    if (synchronised !== undefined) return { kind: 'pass', found: synchronised }
    const servers = await configuredServers(host, running.includes('systemd-timesyncd'))
    if (servers.length === 0) return await judgeNothing(host, running)
    const asked = servers.join(', ')
    try {
      return judgeAnswer(await askServers(host, servers))
    } catch (cause) {
      if (!(cause instanceof AggregateError)) throw cause
      const reasons = cause.errors.map((error) => (error instanceof Error ? error.message : String(error)))
      return {
        kind: 'fail',
        found: `none of ${asked} answers: ${reasons[0]}`,
        wanted: 'a time server that answers, or a local service that is synchronised',
        fix: `let UDP port 123 out to ${asked}, or name a time server that this network has in ${CONFIG_FILE}`,
      }
    }
  },
}

const CONFIG_FILE = '/etc/systemd/timesyncd.conf or chrony.conf'
const INSTALL =
  'apt-get install -y chrony || dnf install -y chrony || zypper install -y chrony; systemctl enable --now chronyd || systemctl enable --now chrony'

function judgeAnswer({ server, stratum, offsetMs }: ServerAnswer): Verdict {
  const found = `${server} answers (stratum ${stratum}, offset ${Math.round(offsetMs)} ms)`
  if (Math.abs(offsetMs) < FAR_OFF_MS) return { kind: 'pass', found }
  const wanted = `a clock that is less than ${FAR_OFF_MS / 1_000} s off`
  return { kind: 'warn', found, wanted, fix: 'timedatectl set-ntp true' }
}

/** The clock of a container is that of the machine around it, which cannot be asked from inside. */
async function judgeNothing(host: HostView, running: readonly string[]): Promise<Verdict> {
  const wanted = 'a time server that answers, or a local service that is synchronised'
  if (running.length > 0) {
    const found = `${running.join(', ')} runs, not synchronised, without a server`
    return { kind: 'fail', found, wanted, fix: `name a time server in ${CONFIG_FILE}, then restart the service` }
  }
  const markers = ['/run/systemd/container', '/run/.containerenv', '/.dockerenv']
  const inContainer = (await Promise.all(markers.map((path) => host.stat(path)))).some((stat) => stat !== undefined)
  if (inContainer)
    return {
      kind: 'warn',
      found: 'a container without time service',
      wanted,
      fix: 'synchronise the clock of the machine around it',
    }
  return { kind: 'fail', found: 'no time service, no time server configured', wanted, fix: INSTALL }
}
