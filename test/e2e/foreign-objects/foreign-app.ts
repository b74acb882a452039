/**
 * An application that Cantrip did not install, with a service, firewall rules, a CNI configuration, and a file, a link and
 * a mount inside a directory that Cantrip creates. Uninstall must leave all of it intact. It starts again at each boot.
 */
import assert from 'node:assert/strict'
import { dirname } from 'node:path/posix'
import { exec, execOk, type Node } from '../../support/testbed/machine.ts'
import { waitFor } from '../../support/wait-for.ts'
import { type OpenConnection, openConnection } from '../open-connection.ts'

export interface ForeignApp {
  /** A directory that Cantrip creates. It holds a link to the outside, a mount, and a file of another user. */
  readonly within: string
  readonly connection: OpenConnection
  /** The state at installation. */
  readonly serviceProcess: string
  readonly iptables: string
  readonly nftables: string
}

/** A reboot cuts connections, and the service has another process afterwards. */
interface Since {
  rebooted?: boolean
}

const PODMAN = '/etc/cni/net.d/87-podman-bridge.conflist'
const SOURCE = '/srv/foreign-app'
const SERVICE = 'foreign-app.service'
const PORT = 2222

const PODMAN_NETWORK = `${JSON.stringify({
  cniVersion: '0.4.0',
  name: 'podman',
  plugins: [{ type: 'bridge', bridge: 'cni-podman0', isGateway: true }, { type: 'portmap' }, { type: 'firewall' }],
})}\n`

/** Only their comments look like rules of Kubernetes. */
const IPTABLES = `*filter
:FOREIGN-APP - [0:0]
-A FOREIGN-APP -p tcp -m tcp --dport 4321 -m comment --comment "beside KUBE-SERVICES" -j ACCEPT
-A INPUT -j FOREIGN-APP
-A FORWARD -s 203.0.113.0/24 -j ACCEPT
COMMIT
*nat
-A POSTROUTING -s 203.0.113.0/24 -m comment --comment "by hand, not CNI-" -j MASQUERADE
COMMIT
`

const NFTABLES = `table inet foreign-app {
  set friends { type ipv4_addr; elements = { 198.51.100.7, 198.51.100.8 } }
  chain input {
    type filter hook input priority 10; policy accept;
    ip saddr @friends tcp dport 4321 accept comment "KUBE-SERVICES is not here"
  }
}
`

const UNIT = `[Unit]
Description=A service of the site

[Service]
ExecStartPre=/usr/sbin/iptables-restore --noflush /etc/foreign-app/rules.v4
ExecStartPre=/usr/sbin/nft -f /etc/foreign-app/rules.nft
ExecStart=/usr/bin/socat TCP-LISTEN:${PORT},reuseaddr,fork EXEC:/bin/cat

[Install]
WantedBy=multi-user.target
`

/**
 * `within` is a directory that Cantrip creates and removes: /etc/kubernetes once a node is provisioned, /var/lib/cantrip
 * from the installation on. It must exist, because the prechecks refuse a bare machine with a path of Kubernetes.
 */
export async function installForeignApp(node: Node, within = '/etc/kubernetes'): Promise<ForeignApp> {
  await put(node, PODMAN, PODMAN_NETWORK)
  await put(node, '/etc/foreign-app/rules.v4', IPTABLES)
  await put(node, '/etc/foreign-app/rules.nft', NFTABLES)
  await put(node, `${SOURCE}/linked/file`, 'reached by a link\n')
  await put(node, `${SOURCE}/mounted/file`, 'reached by a mount\n')
  await execOk(node, ['ln', '-s', `${SOURCE}/linked`, `${within}/linked`])
  await put(node, `${within}/theirs`, 'a file of another user\n')
  await execOk(node, ['chown', '1234:1234', `${within}/theirs`])
  await put(node, `/etc/systemd/system/${mountUnit(within)}`, mountUnitText(within))
  await put(node, `/etc/systemd/system/${SERVICE}`, UNIT)
  await execOk(node, ['systemctl', 'daemon-reload'])
  await execOk(node, ['systemctl', 'enable', '--now', SERVICE, mountUnit(within)])
  const ask = ['socat', '-u', 'OPEN:/dev/null', `TCP:127.0.0.1:${PORT}`]
  await waitFor("the site's service", async () => ((await exec(node, ask)).code === 0 ? true : undefined), {
    withinMs: 10_000,
  })
  const connection = await openConnection(node, PORT)
  await connection.echo()
  return { within, connection, serviceProcess: await processOf(node), ...(await rulesOf(node)) }
}

/** Fails unless everything is as `installForeignApp` left it. The mount itself is not checked, only the files behind it. */
export async function assertForeignAppIntact(
  node: Node,
  foreignApp: ForeignApp,
  { rebooted }: Since = {},
): Promise<void> {
  const { within, connection, serviceProcess, iptables, nftables } = foreignApp
  assert.equal(await text(node, PODMAN), PODMAN_NETWORK, "podman's CNI file")
  assert.equal(await text(node, `${SOURCE}/linked/file`), 'reached by a link\n', 'a file behind a link')
  assert.equal(await text(node, `${SOURCE}/mounted/file`), 'reached by a mount\n', 'a file behind a mount')
  assert.equal(await text(node, `${within}/theirs`), 'a file of another user\n', 'a file of another user')
  assert.equal((await execOk(node, ['stat', '-c', '%u:%g', `${within}/theirs`])).trim(), '1234:1234')
  assert.equal((await execOk(node, ['readlink', `${within}/linked`])).trim(), `${SOURCE}/linked`, 'the link itself')
  assert.equal((await exec(node, ['systemctl', 'is-active', SERVICE])).stdout.trim(), 'active', "the site's service")
  assert.deepEqual(await rulesOf(node), { iptables, nftables }, "the user's own rules")
  if (rebooted) return
  assert.equal(await processOf(node), serviceProcess, 'the service was not restarted')
  await connection.echo()
}

/** What the report asks the user to do before a directory tree with a mount in it can be removed. */
export async function removeForeignMount(node: Node, { within }: Pick<ForeignApp, 'within'>): Promise<void> {
  await execOk(node, ['systemctl', 'disable', '--now', mountUnit(within)])
}

const mountUnit = (within: string) => `${within.slice(1).replaceAll('/', '-')}-mounted.mount`
const mountUnitText = (within: string) =>
  `[Mount]\nWhat=${SOURCE}/mounted\nWhere=${within}/mounted\nType=none\nOptions=bind\n\n[Install]\nWantedBy=multi-user.target\n`

async function put(node: Node, path: string, content: string): Promise<void> {
  await execOk(node, ['mkdir', '-p', dirname(path)])
  await execOk(node, ['dd', 'status=none', `of=${path}`], { stdin: content })
}

const text = async (node: Node, path: string) => (await exec(node, ['cat', path])).stdout

async function processOf(node: Node): Promise<string> {
  return (await execOk(node, ['systemctl', 'show', '--property=MainPID', '--value', SERVICE])).trim()
}

/** Only the rules of the application, in order and without counters: Kubernetes may add and remove rules around them. */
async function rulesOf(node: Node): Promise<Pick<ForeignApp, 'iptables' | 'nftables'>> {
  const saved = await execOk(node, ['iptables-save'])
  const own = saved.split('\n').filter((line) => /[ :]FOREIGN-APP( |$)|203\.0\.113\.0/.test(line))
  const iptables = own.map((line) => line.replace(/\[\d+:\d+\]/, '')).join('\n')
  return { iptables, nftables: await execOk(node, ['nft', 'list', 'table', 'inet', 'foreign-app']) }
}
