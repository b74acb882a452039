/** Where programs are installed on a machine. It is chosen once, when the agent is installed or baked; see agent/layout.ts. */
export interface Layout {
  name: 'standard' | 'read-only-usr'
  /** Programs for people and services: the agent, kubelet, kubectl, etcd. */
  binaries: string
  /** Programs that no one else should find in PATH, in directories of Cantrip. */
  libraries: string
  /** The kubelet and the controllers look for volume plugins in subdirectories, which pods and administrators fill. */
  libexec: string
}

export const STANDARD: Layout = {
  name: 'standard',
  binaries: '/usr/local/bin',
  libraries: '/usr/local/lib',
  libexec: '/usr/libexec/kubernetes',
}

/** Nothing is below /usr. The guides of Flatcar install programs in /opt/bin, too. */
export const READ_ONLY_USR: Layout = {
  name: 'read-only-usr',
  binaries: '/opt/bin',
  libraries: '/opt/lib',
  libexec: '/opt/libexec/kubernetes',
}

export const LAYOUTS: readonly Layout[] = [STANDARD, READ_ONLY_USR]

/** Programs of Cantrip's containerd, among them its runc and its shim. */
export const ownPrograms = ({ libraries }: Layout): string => `${libraries}/cantrip`

/** They are in a directory that no other containerd searches. */
export const containerdPrograms = (layout: Layout): string => `${ownPrograms(layout)}/bin`

/** Where volume plugins are, one in a directory. */
export const volumePlugins = ({ libexec }: Layout): string => `${libexec}/kubelet-plugins/volume/exec`
