import { command, inOrder } from '../../base/command.ts'
import {
  CNI_CONFIGURATION,
  CNI_PLUGINS,
  CONTAINERD,
  ETCD_CONFIGURATION,
  ETCD_DATA,
  KUBELET_STATE,
  KUBERNETES,
  UNITS,
} from '../../base/kubernetes-paths.ts'
import { containerdPrograms, type Layout } from '../../base/layout.ts'
import type { Check, CheckParams, Verdict } from '../../engine/checks/check.ts'
import { verdictOf } from '../../engine/checks/findings.ts'
import { trustOf } from '../../host/files/trust.ts'
import { type UntrustedPlace, untrustedPlace } from '../../host/files/untrusted-place.ts'
import type { HostView } from '../../host/host.ts'

/** Directories with programs that root starts and settings that root reads. */
const directories = (layout: Layout): string[] => [
  layout.binaries,
  containerdPrograms(layout),
  CNI_PLUGINS,
  UNITS,
  ETCD_CONFIGURATION,
  KUBERNETES,
  CONTAINERD.configuration,
  CNI_CONFIGURATION,
  CONTAINERD.root,
  ETCD_DATA,
  KUBELET_STATE,
]

export const check: Check = {
  id: 'owners',
  title: 'Owners of directories',
  hard: false,
  why: 'Root runs programs and reads settings in these directories. A user who owns or can write one of them, or a parent directory, can replace a file and become root.',
  remedy: 'Make root the owner of the directory, and remove write access for others.',
  timeoutMs: 15_000,
  async look(host: HostView, { ownStateDirectory }: CheckParams): Promise<Verdict> {
    const trust = await trustOf({ uid: () => 0, read: host.read }, {})
    const paths = [...directories(host.layout), ownStateDirectory].map((directory) => `${directory}/any`)
    const places = await Promise.all(paths.map((path) => untrustedPlace(path, trust, host)))
    const findings = places
      .filter((place) => place !== undefined)
      .map((place) => ({
        kind: 'warn' as const,
        found: `${place.kind} ${place.path} ${place.why}`,
        wanted: 'directories of programs and settings that only root can write',
        fix: fixFor(place),
      }))
    return verdictOf(findings, 'only root can write the directories of programs and settings')
  },
}

/** The finding names the current owner, so that the change can be reverted. */
function fixFor({ path, kind }: UntrustedPlace): string {
  if (kind === 'symlink') return command`chown --no-dereference root:root ${path}`
  return inOrder(command`chown root:root ${path}`, command`chmod go-w ${path}`)
}
