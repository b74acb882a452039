import { AgentError } from '../../base/agent-error.ts'
import type { Argv } from '../../host/argv.ts'
import type { HostView } from '../../host/host.ts'
import { ownProcesses } from '../../host/kernel/processes.ts'
import {
  parseChronyTracking,
  parseNtpctlSynchronised,
  parseNtpqSynchronised,
  parseTimesyncServer,
} from '../../host/parse/time-sync.ts'

export interface Daemons {
  /** Those that run, as a person calls them. */
  running: string[]
  /** `chrony follows 192.0.2.1 (stratum 3)`; undefined while none is synchronised. */
  synchronised?: string
}

/** Beyond it certificates and leases suffer. */
export const FAR_OFF_MS = 5_000

const ASK_TIMEOUT_MS = 8_000

/** Local services that set the clock, by process name, and how each is asked. */
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
  const own = await ownProcesses(host, new Set(DAEMONS.map((daemon) => daemon.process)))
  const names = new Set(own.map((process) => process.name))
  const running = DAEMONS.filter((daemon) => names.has(daemon.process))
  const answers = await Promise.all([...running.map((daemon) => daemon.ask(host)), askKernel(host)])
  const synchronised = answers.find((answer) => answer !== undefined)
  return { running: running.map(({ name }) => name), ...(synchronised === undefined ? {} : { synchronised }) }
}

/** One that steps or slews still is not done. */
async function askChrony(host: HostView): Promise<string | undefined> {
  const tracking = parseChronyTracking(await output(host, ['chronyc', '-n', 'tracking']))
  if (tracking === undefined || tracking.offsetMs >= FAR_OFF_MS) return undefined
  return `chrony follows ${tracking.reference} (stratum ${tracking.stratum})`
}

async function askTimesyncd(host: HostView): Promise<string | undefined> {
  const [marker, text] = await Promise.all([
    host.stat('/run/systemd/timesync/synchronized'),
    output(host, ['timedatectl', 'show-timesync']),
  ])
  if (marker === undefined) return undefined
  const server = parseTimesyncServer(text)
  return server === undefined ? 'systemd-timesyncd is synchronised' : `systemd-timesyncd follows ${server}`
}

/** Three programs go by that name: the reference one and ntpsec's, which ntpq asks, and OpenNTPD. */
async function askNtpd(host: HostView): Promise<string | undefined> {
  const [rv, status] = await Promise.all([output(host, ['ntpq', '-c', 'rv']), output(host, ['ntpctl', '-s', 'status'])])
  return parseNtpqSynchronised(rv) || parseNtpctlSynchronised(status) ? 'ntpd is synchronised' : undefined
}

async function askPhc2sys(host: HostView): Promise<string> {
  const clocks = (await host.list('/sys/class/ptp')) ?? []
  const names = await Promise.all(clocks.map((clock) => host.read(`/sys/class/ptp/${clock}/clock_name`)))
  const known = names.flatMap((name) => name?.trim() || [])
  return `phc2sys follows a PTP hardware clock${known.length > 0 ? ` (${known.join(', ')})` : ''}`
}

async function askVmware(host: HostView): Promise<string | undefined> {
  const text = await output(host, ['vmware-toolbox-cmd', 'timesync', 'status'])
  return /^Enabled/m.test(text) ? "VMware tools follow the host's clock" : undefined
}

/** Whoever disciplines the clock, the kernel knows how long ago; systemd tells what the kernel knows. */
async function askKernel(host: HostView): Promise<string | undefined> {
  if ((await host.stat('/run/systemd/system')) === undefined) return undefined
  const text = await output(host, ['timedatectl', 'show', '-p', 'NTPSynchronized'])
  return /^NTPSynchronized=yes$/m.test(text) ? 'the kernel clock is synchronised' : undefined
}

/** '' where the program is not there or does not answer in time: then it says nothing for us. */
async function output(host: HostView, argv: Argv): Promise<string> {
  try {
    return (await host.ask(argv, { timeoutMs: ASK_TIMEOUT_MS })).stdout
  } catch (cause) {
    if (cause instanceof AgentError) return ''
    throw cause
  }
}
