import { readFileSync } from 'node:fs'
import type { Overrides } from '../../../src/protocol/settings/overrides.ts'
import { cgroupVersion } from './containment.ts'

/**
 * The overrides that a cluster needs on nodes of the test bed. A node is a container: it shares the kernel, swap, connection
 * table and cgroup version of the host. `disk`: lines of the kubelet configuration about disk space.
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
      'conntrack: {maxPerCore: 0, min: 0}', // shared with the host, and read-only in a network namespace
    ]),
    kubeadm: document('kubeadm.k8s.io/v1beta4', 'InitConfiguration', [
      `nodeRegistration: {ignorePreflightErrors: [${IGNORED.join(', ')}]}`,
    ]),
    containerd: `${containerd.join('\n')}\n`,
  }
}

/**
 * The disks of the nodes are directories of the host, which may be fuller than the kubelet's defaults allow (10 % of its
 * file system, 15 % of the image file system, 5 % of the inodes). Thresholds that are not listed here are disabled.
 */
const DISK = [
  'evictionHard: {memory.available: 100Mi, nodefs.available: 1Gi, imagefs.available: 1Gi}',
  'imageGCHighThresholdPercent: 100', // never
]

/** A node has no kernel configuration file, and swap belongs to the host. */
const IGNORED = ['SystemVerification', 'Swap']

function document(apiVersion: string, kind: string, lines: string[]): string {
  return [`apiVersion: ${apiVersion}`, `kind: ${kind}`, ...lines, ''].join('\n')
}

const CAP_SYS_RESOURCE = 24n

function mayLowerOomScores(): boolean {
  const [, mask = '0'] = /^CapEff:\t(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return ((BigInt(`0x${mask}`) >> CAP_SYS_RESOURCE) & 1n) === 1n
}
