import type { FakeMachine } from '../../support/fake-machine.ts'

export const wantedBy = (unit: string) => `/etc/systemd/system/multi-user.target.wants/${unit}`

/** Whether systemd would start the unit: the paths that its drop-in files assert exist. Only `*.conf` counts, not a torn temporary file. */
export function mayStart({ files }: FakeMachine, unit: string): boolean {
  const directory = `/etc/systemd/system/${unit}.d`
  const names = (files.list(directory) ?? []).filter((name) => name.endsWith('.conf'))
  const texts = names.map((name) => files.bytes(`${directory}/${name}`)?.toString() ?? '')
  const asserted = texts.flatMap((text) => [...text.matchAll(/^AssertPathExists=(.+)$/gm)].map(([, path = '']) => path))
  return asserted.every((path) => files.get(path) !== undefined)
}

/** A unit is enabled if the target's directory has a link to it. */
export function linkUnits(machine: FakeMachine): void {
  const { files, units } = machine
  machine.unitState = async (unit) => ({
    enabled: files.get(wantedBy(unit)) !== undefined,
    active: units.get(unit)?.active === true,
  })
  machine.setUnit = async (unit, { enabled, active }) => {
    if (enabled === true) files.seedLink(wantedBy(unit), `/etc/systemd/system/${unit}`)
    if (enabled === false) files.delete(wantedBy(unit))
    if (active === true) check(unit)
    if (active !== undefined) units.set(unit, { active })
  }
  const { restartUnit } = machine
  machine.restartUnit = async (unit) => {
    check(unit)
    await restartUnit(unit)
  }
  function check(unit: string): void {
    if (files.get(`/etc/systemd/system/${unit}`) === undefined) throw new Error(`no unit ${unit}`)
    if (!mayStart(machine, unit)) throw new Error(`Assertion failed on job for ${unit}`)
  }
  machine.on(['systemctl', 'is-enabled'], ([, , unit = '']) =>
    files.get(wantedBy(unit)) === undefined ? { stdout: 'disabled\n', exitCode: 1 } : { stdout: 'enabled\n' },
  )
}

/** The kernel parameters of br_netfilter exist only while it is loaded. */
export function modulesBringSysctls(machine: FakeMachine): void {
  const { loadModule, unloadModule, files } = machine
  const directory = '/proc/sys/net/bridge'
  files.deleteTree(directory, false)
  machine.loadModule = async (name) => {
    await loadModule(name)
    for (const key of ['iptables', 'ip6tables']) files.seed(`${directory}/bridge-nf-call-${key}`, '0\n')
  }
  machine.unloadModule = async (name) => {
    await unloadModule(name)
    files.deleteTree(directory, false)
  }
}
