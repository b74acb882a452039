import type { Finding } from '../../engine/findings.ts'
import { escapeArgv } from '../../errors/escape-argv.ts'
import type { HostView } from '../../host/host.ts'

/** Settings of kubeadm's packages for the kubelet; ours takes its own from the cluster's overrides alone. */
const KUBELET_SETTINGS = ['/etc/default/kubelet', '/etc/sysconfig/kubelet']
const CONTAINERD_SETTINGS = '/etc/containerd/conf.d'
const OWN = '50-cluster.toml'

/** What somebody has written for these programs, and what does not count: told, so that nobody wonders. */
export async function unreadFileFindings(host: HostView): Promise<Finding[]> {
  const [kubelet, containerd] = await Promise.all([kubeletSettings(host), containerdSettings(host)])
  return [...kubelet, ...containerd].map((path) => ({
    kind: 'warn',
    found: `${escapeArgv([path])} is not read`,
    wanted: 'settings of the kubelet and of containerd in the overrides of the cluster (--override kubelet=FILE)',
    fix: escapeArgv(['mv', path, `${path}.disabled`]),
  }))
}

async function kubeletSettings(host: HostView): Promise<string[]> {
  const texts = await Promise.all(KUBELET_SETTINGS.map((path) => host.read(path)))
  return KUBELET_SETTINGS.filter((_, index) => /^\s*KUBELET_EXTRA_ARGS=\s*["']?[^\s"']/m.test(texts[index] ?? ''))
}

async function containerdSettings(host: HostView): Promise<string[]> {
  const names = (await host.list(CONTAINERD_SETTINGS)) ?? []
  return names.filter((name) => name.endsWith('.toml') && name !== OWN).map((name) => `${CONTAINERD_SETTINGS}/${name}`)
}
