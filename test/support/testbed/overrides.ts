import { readFileSync } from 'node:fs'
import type { Overrides } from '../../../src/protocol/settings/overrides.ts'
import { cgroupVersion } from './containment.ts'

/**
 * What a cluster on the nodes of this host has to have otherwise than on real machines: a node is a container, shares
 * the host's kernel, swap and connection table, and has the host's cgroup version. `disk`: lines of the kubelet's
 * configuration about a disk that fills.
 */
export function testbedOverrides(disk: readonly string[] = DISK): Record<keyof Overrides, string> {
  const legacy = cgroupVersion() === 1
  const kubelet = ['failSwapOn: false', ...(legacy ? ['cgroupDriver: cgroupfs', 'failCgroupV1: false'] : []), ...disk]
  const containerd = [
    'version = 3',
    ...(mayLowerOomScores() ? [] : ["[plugins.'io.containerd.cri.v1.runtime']", '  restrict_oom_score_adj = true']),
    "[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]",
    `  SystemdCgroup = ${!legacy}`,
  ]
  return {
    kubelet: document('kubelet.config.k8s.io/v1beta1', 'KubeletConfiguration', kubelet),
    'kube-proxy': document('kubeproxy.config.k8s.io/v1alpha1', 'KubeProxyConfiguration', [
      'conntrack: {maxPerCore: 0, min: 0}', // the host's, and not to be written from a network namespace
    ]),
    kubeadm: document('kubeadm.k8s.io/v1beta4', 'InitConfiguration', [
      `nodeRegistration: {ignorePreflightErrors: [${IGNORED.join(', ')}]}`,
    ]),
    containerd: `${containerd.join('\n')}\n`,
  }
}

/**
 * The nodes' disks are directories of the host's, which may well be fuller than the kubelet's defaults allow (10 % of its
 * own file system, 15 % of the images', 5 % of the inodes). A threshold that is not named here is none.
 */
const DISK = [
  'evictionHard: {memory.available: 100Mi, nodefs.available: 1Gi, imagefs.available: 1Gi}',
  'imageGCHighThresholdPercent: 100', // never
]

/** The kernel's configuration is not in the node, swap is the host's. */
const IGNORED = ['SystemVerification', 'Swap']

function document(apiVersion: string, kind: string, lines: string[]): string {
  return [`apiVersion: ${apiVersion}`, `kind: ${kind}`, ...lines, ''].join('\n')
}

const CAP_SYS_RESOURCE = 24n

function mayLowerOomScores(): boolean {
  const [, mask = '0'] = /^CapEff:\t(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return ((BigInt(`0x${mask}`) >> CAP_SYS_RESOURCE) & 1n) === 1n
}
