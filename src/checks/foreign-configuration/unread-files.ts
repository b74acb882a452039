import { command } from '../../base/command.ts'
import type { Finding } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'

/** Settings of kubeadm's packages for the kubelet; ours takes its own from the cluster's overrides alone. */
const KUBELET_SETTINGS = ['/etc/default/kubelet', '/etc/sysconfig/kubelet']

/** What somebody has written for the kubelet, and what does not count: told, so that nobody wonders. */
export async function unreadFileFindings(host: HostView): Promise<Finding[]> {
  const texts = await Promise.all(KUBELET_SETTINGS.map((path) => host.read(path)))
  const set = KUBELET_SETTINGS.filter((_, index) => /^\s*KUBELET_EXTRA_ARGS=\s*["']?[^\s"']/m.test(texts[index] ?? ''))
  return set.map((path) => ({
    kind: 'warn',
    found: `${path} is not read`,
    wanted: 'settings of the kubelet in the overrides of the cluster (--override kubelet=FILE)',
    fix: command`mv ${path} ${`${path}.disabled`}`,
  }))
}
