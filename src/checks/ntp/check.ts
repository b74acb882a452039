import { remarked } from '../../base/command.ts'
import type { Check, Verdict } from '../../engine/checks/check.ts'
import type { HostView } from '../../host/host.ts'
import { FAR_OFF_MS, lookForDaemons } from './daemons.ts'
import { askServers, configuredServers, type ServerAnswer } from './servers.ts'

export const check: Check = {
  id: 'ntp',
  title: 'Time synchronization',
  hard: true,
  why: 'Clocks that differ break etcd and certificates. The check passes if a local service is synchronized, or if a configured time server answers.',
  remedy: 'Start a time service (chrony or systemd-timesyncd), and configure a time server that this network reaches.',
  thresholds: [{ of: 'clock against a time server', warn: `${FAR_OFF_MS / 1_000} s off or more` }],
  timeoutMs: 20_000,
  async look(host: HostView): Promise<Verdict> {
    const { running, synchronized } = await lookForDaemons(host)
    if (synchronized !== undefined) return { kind: 'pass', found: synchronized }
    const servers = await configuredServers(host, running.includes('systemd-timesyncd'))
    if (servers.length === 0) return await judgeNothing(host, running)
    const { answers, failures } = await askServers(host, servers)
    const [first] = answers
    if (first !== undefined) return judgeAnswers(first, answers)
    const asked = servers.join(', ')
    return {
      kind: 'fail',
      found: `none of ${asked} answers: ${failures[0]}`,
      wanted: WANTED,
      fix: `allow outgoing UDP port 123 to ${asked}, or set a reachable time server in ${CONFIG_FILE}`,
    }
  },
}

const WANTED = 'a time server that answers, or a local service that is synchronized'
const CONFIG_FILE = '/etc/systemd/timesyncd.conf or chrony.conf'
const INSTALL =
  'apt-get install -y chrony || dnf install -y chrony || zypper install -y chrony; systemctl enable --now chronyd || systemctl enable --now chrony'

/** With one server it is unknown which of the two clocks is wrong; if other servers agree with this clock, it is that server. */
function judgeAnswers(first: ServerAnswer, answers: readonly ServerAnswer[]): Verdict {
  const far = answers.filter(({ offsetMs }) => Math.abs(offsetMs) >= FAR_OFF_MS)
  const near = answers.find((answer) => !far.includes(answer))
  const found = [...far, ...(near === undefined ? [] : [near])].map(show).join('; ')
  if (far.length === 0) return { kind: 'pass', found: show(near ?? first) }
  const wanted = `a clock that is less than ${FAR_OFF_MS / 1_000} s off`
  if (near === undefined)
    return {
      kind: 'warn',
      found,
      wanted,
      fix: remarked('timedatectl set-ntp true', `or, if the server is wrong, set another one in ${CONFIG_FILE}`),
    }
  const wrongServers = far.map(({ server }) => server).join(', ')
  return {
    kind: 'warn',
    found,
    wanted: 'servers that agree',
    fix: `remove ${wrongServers} from ${CONFIG_FILE}: the others agree with this clock`,
  }
}

function show({ server, stratum, offsetMs }: ServerAnswer): string {
  return `${server} answers (stratum ${stratum}, offset ${Math.round(offsetMs)} ms)`
}

/** A container uses the clock of its host, and cannot see whether that is synchronized. */
async function judgeNothing(host: HostView, running: readonly string[]): Promise<Verdict> {
  const wanted = WANTED
  if (running.length > 0) {
    const found = `${running.join(', ')} runs, not synchronized, without a server`
    return { kind: 'fail', found, wanted, fix: `set a time server in ${CONFIG_FILE}, then restart the service` }
  }
  const markers = ['/run/systemd/container', '/run/.containerenv', '/.dockerenv']
  const inContainer = (await Promise.all(markers.map((path) => host.stat(path)))).some((stat) => stat !== undefined)
  if (inContainer)
    return {
      kind: 'warn',
      found: 'a container without time service',
      wanted,
      fix: 'synchronize the clock of the host',
    }
  return { kind: 'fail', found: 'no time service, no time server configured', wanted, fix: INSTALL }
}
