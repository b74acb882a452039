import { CONTAINERD, ETCD_UNIT, KUBELET_UNIT } from '../../base/kubernetes-paths.ts'
/** systemd.unit(5), "Unit File Load Path": of several files with one name, the one in the first directory counts. */
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

/** The directory of the units of Kubernetes. */
export const OWN_DIRECTORY = '/etc/systemd/system'

/** Directories in which a unit file hides the one in /etc/systemd/system. */
export const BEFORE_OWN = UNIT_DIRECTORIES.slice(0, UNIT_DIRECTORIES.indexOf(OWN_DIRECTORY))

/** Without the agent's own unit: its file asks for local changes in a drop-in. */
export const UNITS = [
  CONTAINERD.unit,
  KUBELET_UNIT,
  ETCD_UNIT,
  'cantrip-node-dns.service',
  'cantrip-api-watch.service',
  'cantrip-etcd-backup.service',
] as const

/**
 * The directory names for drop-ins of a unit: `kubelet.service.d`, then those for a common prefix of names
 * (`cantrip-node-.service.d`, `cantrip-.service.d`), then the one for all services, `service.d`.
 */
export function dropInDirectories(unit: string): string[] {
  const name = unit.replace(/\.service$/, '')
  const words = name.split('-')
  const beginnings = words.slice(1).map((_, index) => words.slice(0, words.length - 1 - index).join('-'))
  return [`${unit}.d`, ...beginnings.map((beginning) => `${beginning}-.service.d`), 'service.d']
}
