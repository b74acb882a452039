import { command } from '../../base/command.ts'
import type { Finding } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'

/** Kubelet settings of the kubeadm packages. Cantrip's kubelet reads only the overrides of the cluster. */
const KUBELET_SETTINGS = ['/etc/default/kubelet', '/etc/sysconfig/kubelet']

/** Reports settings that somebody wrote for the kubelet and that have no effect. */
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
