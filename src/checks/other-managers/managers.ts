import type { HostView } from '../../host/host.ts'
import { hostProcesses } from '../../host/kernel/processes.ts'

/** By process name, as the kernel truncates it. */
const DAEMONS: Record<string, string> = {
  'salt-minion': 'Salt',
  '/usr/bin/salt-mi': 'Salt',
  puppet: 'Puppet',
  'chef-client': 'Chef',
  'cinc-client': 'Chef',
  'cf-execd': 'CFEngine',
}

const CRONTABS = ['/etc/crontab', '/var/spool/cron/crontabs/root', '/var/spool/cron/root']
const SCHEDULES = ['/etc/cron.d', '/etc/cron.hourly', '/etc/cron.daily', '/etc/systemd/system']

/** Names of the configuration managers that are active on this machine. */
export async function managersAtWork(host: HostView): Promise<string[]> {
  const [running, pulled] = await Promise.all([hostProcesses(host, new Set(Object.keys(DAEMONS))), pullsAnsible(host)])
  const names = running.map(({ name }) => DAEMONS[name] ?? name)
  return [...new Set([...names, ...(pulled ? ['ansible-pull'] : [])])]
}

async function pullsAnsible(host: HostView): Promise<boolean> {
  const lists = await Promise.all(
    SCHEDULES.map(async (directory) => ((await host.list(directory)) ?? []).map((name) => `${directory}/${name}`)),
  )
  const paths = [
    ...CRONTABS,
    ...lists.flat().filter((path) => !path.startsWith('/etc/systemd') || path.endsWith('.service')),
  ]
  const texts = await Promise.all(
    paths.map(async (path) => ((await host.stat(path))?.kind === 'file' ? await host.read(path) : undefined)),
  )
  return texts.some((text) => /^[^#\n]*\bansible-pull\b/m.test(text ?? ''))
}
