import { stringify } from 'yaml'
import type { Preparation } from './preparation.ts'

const UNITS = '/etc/systemd/system'

/** User data of cloud-init (#cloud-config). */
export function cloudConfig(preparation: Preparation): string {
  const { files, units, commands, last, hostname, isNamedBySerial, ntp } = preparation
  const all = [...files, ...units.map(({ name, content }) => ({ path: `${UNITS}/${name}`, mode: 0o644, content }))]
  const names = units.map(({ name }) => name)
  // `enable --now` would fail in a chroot, which ignores `start`.
  const start =
    names.length > 0
      ? [
          ['systemctl', 'enable', ...names],
          ['systemctl', 'start', '--no-block', ...names],
        ]
      : []
  return `#cloud-config\n${yaml({
    ...(hostname !== undefined && { hostname }),
    ...(isNamedBySerial && { preserve_hostname: true }),
    // An image without the package `locales` has no other, and cloud-init would report an error.
    locale: 'C.UTF-8',
    ...(ntp.length > 0 && { ntp: { enabled: true, servers: ntp } }),
    write_files: all.map(({ path, mode, content }) => ({
      ...{ path, owner: 'root:root', permissions: mode.toString(8).padStart(4, '0'), content },
    })),
    runcmd: [['systemctl', 'daemon-reload'], ...commands, ...start, ...last],
  })}`
}

/** cloud-init reads YAML 1.1: there, `on` and `1:30` are no texts unless they are quoted. */
export function yaml(value: unknown): string {
  return stringify(value, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false })
}
