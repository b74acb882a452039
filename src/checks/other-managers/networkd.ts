import type { Finding } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import { filesIn } from './ini.ts'

/** Since then networkd takes away routing rules that it did not make, when it starts or an interface changes. */
const TAKES_AWAY_SINCE = 243
/** Since then it can be told not to. */
const CAN_BE_TOLD_SINCE = 249

const LIBRARIES = [
  '/usr/lib/systemd',
  '/lib/systemd',
  '/usr/lib64/systemd',
  '/usr/lib/x86_64-linux-gnu/systemd',
  '/usr/lib/aarch64-linux-gnu/systemd',
]
const FILE = '/etc/systemd/networkd.conf'
const DROP_INS = ['/usr/lib/systemd/networkd.conf.d', '/run/systemd/networkd.conf.d', '/etc/systemd/networkd.conf.d']

/** Rules and routes of a pod network, which systemd-networkd would remove. */
export async function judgeNetworkd(host: HostView): Promise<Finding[]> {
  const version = await systemdVersion(host)
  if (version === undefined || version < TAKES_AWAY_SINCE) return []
  if (await leavesRulesAlone(host)) return []
  if (!(await isUnitActive(host, 'systemd-networkd.service'))) return []
  return [
    {
      kind: 'warn',
      found: `systemd-networkd ${version} removes foreign routing rules when it restarts`,
      wanted: 'ManageForeignRoutingPolicyRules=no, for pod networks that use routing rules (Cilium, Calico)',
      fix: version < CAN_BE_TOLD_SINCE ? OLD_FIX : FIX,
    },
  ]
}

const FIX =
  "mkdir -p /etc/systemd/networkd.conf.d && printf '[Network]\\nManageForeignRoutingPolicyRules=no\\n' > /etc/systemd/networkd.conf.d/90-kubernetes.conf && systemctl restart systemd-networkd"
const OLD_FIX = 'upgrade systemd to 249 or newer, or choose a pod network without routing rules (flannel)'

/** Out of the name of its library: libsystemd-shared-252.so, libsystemd-shared-257.7-1.so. */
async function systemdVersion(host: HostView): Promise<number | undefined> {
  const lists = await Promise.all(LIBRARIES.map((directory) => host.list(directory)))
  const versions = lists.flat().map((name) => /^libsystemd-shared-(\d+)/.exec(name ?? '')?.[1])
  const found = versions.find((version) => version !== undefined)
  return found === undefined ? undefined : Number(found)
}

async function leavesRulesAlone(host: HostView): Promise<boolean> {
  const main = (await host.read(FILE)) ?? ''
  const texts = [main, ...(await filesIn(host, DROP_INS)).map(({ text }) => text)]
  const settings = [...texts.join('\n').matchAll(/^[ \t]*ManageForeignRoutingPolicyRules\s*=\s*(\w+)/gim)]
  return /^(no|false|off|0|n|f)$/i.test(settings.at(-1)?.[1] ?? 'yes')
}
