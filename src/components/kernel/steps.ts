import type { HostView } from '../../host/host.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { kubeletSetting } from './override-settings.ts'
import { MODULES, modulesFile, sysctlFile, sysctlsFor } from './templates.ts'

const MODULES_FILE = '/etc/modules-load.d/90-cantrip-kubernetes.conf'
const SYSCTL_FILE = '/etc/sysctl.d/90-cantrip-kubernetes.conf'

export const loadModules: ProvisionStep = {
  id: 'kernel/load-modules',
  title: 'Loading kernel modules',
  async isDone(host) {
    if ((await host.read(MODULES_FILE)) !== modulesFile()) return false
    return (await missingModules(host)).length === 0
  },
  async apply(host) {
    // The file is written last: after it, a boot loads the modules as well, and the state before could no longer be recorded.
    for (const name of await missingModules(host)) await host.loadModule(name)
    await host.write(MODULES_FILE, modulesFile())
  },
}

export const setSysctls: ProvisionStep = {
  id: 'kernel/set-sysctls',
  title: 'Setting kernel parameters',
  async isDone(host, params) {
    const wanted = await wantedSysctls(params)
    return (await host.read(SYSCTL_FILE)) === sysctlFile(wanted) && (await differing(host, wanted)).length === 0
  },
  async apply(host, params) {
    const wanted = await wantedSysctls(params)
    for (const [key, value] of await differing(host, wanted)) await host.setSysctl(key, value)
    await host.write(SYSCTL_FILE, sysctlFile(wanted))
  },
}

/** Looks for the effect: a built-in module has no directory in /sys/module, and a container may have no modprobe. */
async function missingModules(host: HostView): Promise<string[]> {
  const filesystems = (await host.read('/proc/filesystems')) ?? ''
  const has: Record<(typeof MODULES)[number], boolean> = {
    overlay: /\boverlay$/m.test(filesystems),
    br_netfilter: (await host.stat('/proc/sys/net/bridge/bridge-nf-call-iptables')) !== undefined,
  }
  return MODULES.filter((name) => !has[name])
}

type Sysctls = ReturnType<typeof sysctlsFor>

async function wantedSysctls({ cluster }: ProvisionParams): Promise<Sysctls> {
  return sysctlsFor((await kubeletSetting(cluster.overrides, 'protectKernelDefaults')) === true)
}

async function differing(host: HostView, wanted: Sysctls): Promise<Sysctls> {
  const found: [string, string][] = []
  for (const [key, value] of wanted) {
    const text = await host.read(`/proc/sys/${key.replaceAll('.', '/')}`)
    // A kernel without IPv6 has no parameter for it, and needs none.
    if (text === undefined && key.includes('ip6')) continue
    if (text?.trim() !== value) found.push([key, value])
  }
  return found
}
