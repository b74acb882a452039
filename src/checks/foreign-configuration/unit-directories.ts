/** systemd.unit(5), "Unit File Load Path": of files with one name that of the first directory counts. */
export const UNIT_DIRECTORIES = [
  '/etc/systemd/system.control',
  '/run/systemd/system.control',
  '/run/systemd/transient',
  '/run/systemd/generator.early',
  '/etc/systemd/system',
  '/etc/systemd/system.attached',
  '/run/systemd/system',
  '/run/systemd/system.attached',
  '/run/systemd/generator',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
  '/run/systemd/generator.late',
] as const

/** Where the units are written that Kubernetes is run by. */
export const OWN_DIRECTORY = '/etc/systemd/system'

/** Directories in which a unit's file would cover the one in /etc/systemd/system. */
export const BEFORE_OWN = UNIT_DIRECTORIES.slice(0, UNIT_DIRECTORIES.indexOf(OWN_DIRECTORY))

/** The agent's own is left out: its file says that local changes belong into a drop-in. */
export const UNITS = [
  'cantrip-containerd.service',
  'kubelet.service',
  'etcd.service',
  'cantrip-node-dns.service',
  'cantrip-api-watch.service',
] as const

/**
 * Names of the directories with drop-ins of a unit: `kubelet.service.d`; of all units whose name begins with the same words,
 * `cantrip-node-.service.d`, `cantrip-.service.d`; of all services, `service.d`.
 */
export function dropInDirectories(unit: string): string[] {
  const name = unit.replace(/\.service$/, '')
  const words = name.split('-')
  const beginnings = words.slice(1).map((_, index) => words.slice(0, words.length - 1 - index).join('-'))
  return [`${unit}.d`, ...beginnings.map((beginning) => `${beginning}-.service.d`), 'service.d']
}
