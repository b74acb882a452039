import type { FakeHost } from './fake-host.ts'

/**
 * A unit that runs an executable which was replaced since, until it is restarted. A restart is in `calls`, as
 * `systemctl restart UNIT`.
 */
export function outdate(host: FakeHost, unit: string): void {
  const exe = '/proc/4242/exe'
  host.files.seedLink(exe, '/usr/local/bin/former (deleted)')
  const isAsked = (argv: readonly string[]) => argv[1] === 'show' && argv[2] === unit && argv[3]?.includes('MainPID')
  host.on(
    (argv) => isAsked(argv) === true,
    () => {
      const active = host.units.get(unit)?.active ? 'active' : 'inactive'
      const times = 'NeedDaemonReload=no\nExecMainStartTimestampMonotonic=1000000000'
      return { stdout: `ActiveState=${active}\nMainPID=4242\n${times}\n` }
    },
  )
  const { restartUnit } = host.machine
  host.machine.restartUnit = async (restarted) => {
    await restartUnit(restarted)
    if (restarted !== unit) return
    host.calls.push(['systemctl', 'restart', unit])
    host.files.seedLink(exe, '/usr/local/bin/present')
  }
}
