import { AgentError } from '../../base/agent-error.ts'
import { command } from '../../base/command.ts'
import { KUBELET_STATE } from '../../base/kubernetes-paths.ts'
import type { Host, HostView } from '../../host/host.ts'
import { compareVersions } from '../../protocol/kubernetes-version.ts'
import type { NodeParams } from '../../protocol/wire/instruction.ts'
import { isMapping, type Mapping } from './overrides.ts'

/** kubeadm writes it, and the drop-in file of the kubelet passes it on. */
const FLAGS_FILE = `${KUBELET_STATE}/kubeadm-flags.env`

/** Flags that the kubelet has lost, by version, from the change log of Kubernetes. It does not start with one of them. */
const REMOVED_SINCE: Readonly<Record<string, readonly string[]>> = {
  'v1.37.0': [
    ...['application-metrics-count-limit', 'boot-id-file', 'container-hints', 'containerd', 'containerd-namespace'],
    ...['enable-load-reader', 'event-storage-age-limit', 'event-storage-event-limit', 'global-housekeeping-interval'],
    ...['log-cadvisor-usage', 'machine-id-file', 'storage-driver-buffer-duration', 'storage-driver-db'],
    ...['storage-driver-host', 'storage-driver-password', 'storage-driver-secure', 'storage-driver-table'],
    ...['storage-driver-user'],
  ],
}

/** Whether the kubelet of this version of Kubernetes starts with the flag. @param flag without dashes before it */
export function hasFlag(version: string, flag: string): boolean {
  return !Object.entries(REMOVED_SINCE).some(
    // The kubelet takes `_` for `-`.
    ([since, flags]) => compareVersions(version, since) >= 0 && flags.includes(flag.replaceAll('_', '-')),
  )
}

/** Throws if an override has added such a flag to a configuration of kubeadm. @returns the configuration */
export function withKnownFlags(configuration: Mapping, { cluster }: Pick<NodeParams, 'cluster'>): Mapping {
  const { nodeRegistration } = configuration
  const args = isMapping(nodeRegistration) ? nodeRegistration.kubeletExtraArgs : undefined
  const names = Array.isArray(args) ? args.map((arg) => (isMapping(arg) ? String(arg.name) : '')) : []
  const lost = names.find((name) => !hasFlag(cluster.kubernetesVersion, name))
  if (lost === undefined) return configuration
  throw new AgentError(
    'override/not-usable',
    `the override of kubeadm passes --${lost} to the kubelet, which has lost this flag in Kubernetes ${cluster.kubernetesVersion}`,
    {
      fix: `remove the flag from the file, then: ${command`controller cluster set ${cluster.name} overrides.kubeadm=@FILE`}`,
      kind: 'invalid',
    },
  )
}

/** Whether a flag of an earlier version is left, with which the kubelet of this version does not start. */
export async function hasLostFlags(host: HostView, version: string): Promise<boolean> {
  const text = await host.read(FLAGS_FILE)
  return text !== undefined && withoutLostFlags(text, version) !== text
}

/** For a kubelet of this version. An earlier one starts without these flags too. */
export async function removeLostFlags(host: Host, version: string): Promise<void> {
  const text = await host.read(FLAGS_FILE)
  if (text !== undefined) await host.write(FLAGS_FILE, withoutLostFlags(text, version))
}

/** Of `KUBELET_KUBEADM_ARGS="--one=1 --other=2"`. */
function withoutLostFlags(text: string, version: string): string {
  return text.replace(/"(.*)"/, (_, flags: string) => {
    const kept = flags.split(' ').filter((flag) => hasFlag(version, flag.replace(/^-+/, '').replace(/=.*/s, '')))
    return `"${kept.join(' ')}"`
  })
}
