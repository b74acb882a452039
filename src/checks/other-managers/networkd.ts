import type { Finding } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import { filesIn } from './ini.ts'

/** Since this version systemd-networkd removes foreign routing rules when it starts or an interface changes. */
const REMOVES_SINCE = 243
/** Since this version ManageForeignRoutingPolicyRules= can turn that off. */
const CONFIGURABLE_SINCE = 249

const LIBRARIES = [
  '/usr/lib/systemd',
  '/lib/systemd',
  '/usr/lib64/systemd',
  '/usr/lib/x86_64-linux-gnu/systemd',
  '/usr/lib/aarch64-linux-gnu/systemd',
]
const FILE = '/etc/systemd/networkd.conf'
const DROP_INS = ['/usr/lib/systemd/networkd.conf.d', '/run/systemd/networkd.conf.d', '/etc/systemd/networkd.conf.d']

/** A systemd-networkd that would remove routing rules and routes of a pod network. */
export async function judgeNetworkd(host: HostView): Promise<Finding[]> {
  const version = await systemdVersion(host)
  if (version === undefined || version < REMOVES_SINCE) return []
  if (await keepsForeignRules(host)) return []
  if (!(await isUnitActive(host, 'systemd-networkd.service'))) return []
  return [
    {
      kind: 'warn',
      found: `systemd-networkd ${version} removes foreign routing rules when it restarts`,
      wanted: 'ManageForeignRoutingPolicyRules=no, for pod networks that use routing rules (Cilium, Calico)',
      fix: version < CONFIGURABLE_SINCE ? OLD_FIX : FIX,
    },
  ]
}

const FIX =
  "mkdir -p /etc/systemd/networkd.conf.d && printf '[Network]\\nManageForeignRoutingPolicyRules=no\\n' > /etc/systemd/networkd.conf.d/90-kubernetes.conf && systemctl restart systemd-networkd"
const OLD_FIX = 'upgrade systemd to 249 or newer, or choose a pod network without routing rules (flannel)'

/** From the name of its library: libsystemd-shared-252.so, libsystemd-shared-257.7-1.so. */
async function systemdVersion(host: HostView): Promise<number | undefined> {
  const lists = await Promise.all(LIBRARIES.map((directory) => host.list(directory)))
  const versions = lists.flat().map((name) => /^libsystemd-shared-(\d+)/.exec(name ?? '')?.[1])
  const found = versions.find((version) => version !== undefined)
  return found === undefined ? undefined : Number(found)
}

async function keepsForeignRules(host: HostView): Promise<boolean> {
  const main = (await host.read(FILE)) ?? ''
  const texts = [main, ...(await filesIn(host, DROP_INS)).map(({ text }) => text)]
  const settings = [...texts.join('\n').matchAll(/^[ \t]*ManageForeignRoutingPolicyRules\s*=\s*(\w+)/gim)]
  return /^(no|false|off|0|n|f)$/i.test(settings.at(-1)?.[1] ?? 'yes')
}
