import type { Step } from '../../engine/step.ts'
import type { HostView } from '../../host/host.ts'
import type { InstallParams } from './params.ts'

const HOSTS = '/etc/hosts'

/**
 * Sets the hostname, and adds it to /etc/hosts if it is missing there: kubeadm and the kubelet resolve their own name,
 * and wait for a resolver that does not know it. 127.0.1.1 follows Debian's installer (Debian Reference, 5.1.1).
 */
export const setHostname = (hostname: string): Step<InstallParams> => ({
  id: 'install/hostname',
  title: `Setting hostname to ${hostname}`,
  async isDone(host) {
    const isSet = host.hostname() === hostname && (await host.read('/etc/hostname'))?.trim() === hostname
    return isSet && isListed(hostname, await readHosts(host))
  },
  async apply(host) {
    const hosts = await readHosts(host)
    const end = hosts === '' || hosts.endsWith('\n') ? '' : '\n'
    if (!isListed(hostname, hosts)) await host.write(HOSTS, `${hosts}${end}127.0.1.1 ${hostname}\n`)
    await host.setHostname(hostname)
  },
})

const readHosts = async (host: HostView) => (await host.read(HOSTS)) ?? ''

function isListed(name: string, hosts: string): boolean {
  return hosts.split('\n').some((line) => {
    const [entry = ''] = line.split('#')
    return entry.trim().split(/\s+/).slice(1).includes(name)
  })
}
