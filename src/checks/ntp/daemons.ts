import { outputOf } from '../../host/ask-if-installed.ts'
import type { HostView } from '../../host/host.ts'
import { hostProcesses } from '../../host/kernel/processes.ts'
import {
  parseChronyTracking,
  parseNtpctlSynchronised,
  parseNtpqSynchronised,
  parseTimesyncServer,
} from '../../host/parse/time-sync.ts'

export interface Daemons {
  /** Display names of those that run. */
  running: string[]
  /** `chrony follows 192.0.2.1 (stratum 3)`; undefined while none is synchronized. */
  synchronized?: string
}

/** A larger difference breaks certificates and leases. */
export const FAR_OFF_MS = 5_000

const ASK = { timeoutMs: 8_000 }

/** Local services that set the clock, by process name, with the query for each. */
const DAEMONS: readonly { process: string; name: string; ask(host: HostView): Promise<string | undefined> }[] = [
  { process: 'chronyd', name: 'chrony', ask: askChrony },
  { process: 'systemd-timesyn', name: 'systemd-timesyncd', ask: askTimesyncd },
  { process: 'ntpd', name: 'ntpd', ask: askNtpd },
  { process: 'phc2sys', name: 'phc2sys', ask: askPhc2sys },
  { process: 'ptp4l', name: 'ptp4l', ask: async () => 'ptp4l follows PTP' },
  { process: 'vmtoolsd', name: 'VMware tools', ask: askVmware },
  { process: 'VBoxService', name: 'VirtualBox', ask: async () => "VirtualBox follows the host's clock" },
]

export async function lookForDaemons(host: HostView): Promise<Daemons> {
  const own = await hostProcesses(host, new Set(DAEMONS.map((daemon) => daemon.process)))
  const names = new Set(own.map((process) => process.name))
  const running = DAEMONS.filter((daemon) => names.has(daemon.process))
  const answers = await Promise.all([...running.map((daemon) => daemon.ask(host)), askKernel(host)])
  const synchronized = answers.find((answer) => answer !== undefined)
  return { running: running.map(({ name }) => name), ...(synchronized === undefined ? {} : { synchronized }) }
}

/** A chrony that still steps or slews the clock does not count. */
async function askChrony(host: HostView): Promise<string | undefined> {
  const tracking = parseChronyTracking(await outputOf(host, ['chronyc', '-n', 'tracking'], ASK))
  if (tracking === undefined || tracking.offsetMs >= FAR_OFF_MS) return undefined
  return `chrony follows ${tracking.reference} (stratum ${tracking.stratum})`
}

async function askTimesyncd(host: HostView): Promise<string | undefined> {
  const [marker, text] = await Promise.all([
    host.stat('/run/systemd/timesync/synchronized'),
    outputOf(host, ['timedatectl', 'show-timesync'], ASK),
  ])
  if (marker === undefined) return undefined
  const server = parseTimesyncServer(text)
  return server === undefined ? 'systemd-timesyncd is synchronized' : `systemd-timesyncd follows ${server}`
}

/** Three programs have the process name ntpd: those of NTP and NTPsec, which ntpq queries, and OpenNTPD. */
async function askNtpd(host: HostView): Promise<string | undefined> {
  const [rv, status] = await Promise.all([
    outputOf(host, ['ntpq', '-c', 'rv'], ASK),
    outputOf(host, ['ntpctl', '-s', 'status'], ASK),
  ])
  return parseNtpqSynchronised(rv) || parseNtpctlSynchronised(status) ? 'ntpd is synchronized' : undefined
}

async function askPhc2sys(host: HostView): Promise<string> {
  const clocks = (await host.list('/sys/class/ptp')) ?? []
  const names = await Promise.all(clocks.map((clock) => host.read(`/sys/class/ptp/${clock}/clock_name`)))
  const known = names.flatMap((name) => name?.trim() || [])
  return `phc2sys follows a PTP hardware clock${known.length > 0 ? ` (${known.join(', ')})` : ''}`
}

async function askVmware(host: HostView): Promise<string | undefined> {
  const text = await outputOf(host, ['vmware-toolbox-cmd', 'timesync', 'status'], ASK)
  return /^Enabled/m.test(text) ? "VMware tools follow the host's clock" : undefined
}

/** The kernel knows whether any program keeps its clock synchronized (adjtimex(2)); timedatectl shows that. */
async function askKernel(host: HostView): Promise<string | undefined> {
  if ((await host.stat('/run/systemd/system')) === undefined) return undefined
  const text = await outputOf(host, ['timedatectl', 'show', '-p', 'NTPSynchronized'], ASK)
  return /^NTPSynchronized=yes$/m.test(text) ? 'the kernel clock is synchronized' : undefined
}
