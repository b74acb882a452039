/**
 * What a person, or another program, has on a node and no uninstallation may touch: planted on a real node, looked for
 * afterwards. Each canary is what it would be in life, and comes back by itself when the node is booted again.
 */
import assert from 'node:assert/strict'
import { dirname } from 'node:path/posix'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { waitFor } from '../support/wait-for.ts'
import { type OpenConnection, openConnection } from './open-connection.ts'

export interface Canaries {
  /** A directory of ours, with a link out of it, a mount in it, and a file of another user in it. */
  readonly within: string
  readonly connection: OpenConnection
  /** As they were when all was planted. */
  readonly serviceProcess: string
  readonly iptables: string
  readonly nftables: string
}

/** A fresh boot: connections are cut by it, and a service has another process. */
interface Since {
  rebooted?: boolean
}

const PODMAN = '/etc/cni/net.d/87-podman-bridge.conflist'
const SOURCE = '/srv/canary'
const SERVICE = 'canary.service'
const PORT = 2222

const PODMAN_NETWORK = `${JSON.stringify({
  cniVersion: '0.4.0',
  name: 'podman',
  plugins: [{ type: 'bridge', bridge: 'cni-podman0', isGateway: true }, { type: 'portmap' }, { type: 'firewall' }],
})}\n`

/** By name like rules of Kubernetes, in comments alone. */
const IPTABLES = `*filter
:CANARY - [0:0]
-A CANARY -p tcp -m tcp --dport 4321 -m comment --comment "beside KUBE-SERVICES" -j ACCEPT
-A INPUT -j CANARY
-A FORWARD -s 203.0.113.0/24 -j ACCEPT
COMMIT
*nat
-A POSTROUTING -s 203.0.113.0/24 -m comment --comment "by hand, not CNI-" -j MASQUERADE
COMMIT
`

const NFTABLES = `table inet canary {
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
ExecStartPre=/usr/sbin/iptables-restore --noflush /etc/canary/rules.v4
ExecStartPre=/usr/sbin/nft -f /etc/canary/rules.nft
ExecStart=/usr/bin/socat TCP-LISTEN:${PORT},reuseaddr,fork EXEC:/bin/cat

[Install]
WantedBy=multi-user.target
`

/**
 * `within` is a directory that Cantrip makes and takes away: /etc/kubernetes once a node is provisioned, /var/lib/cantrip
 * from the installation on. It must be there, for a path of Kubernetes on a bare machine is a trace of an earlier one.
 */
export async function plantCanaries(node: Node, within = '/etc/kubernetes'): Promise<Canaries> {
  await put(node, PODMAN, PODMAN_NETWORK)
  await put(node, '/etc/canary/rules.v4', IPTABLES)
  await put(node, '/etc/canary/rules.nft', NFTABLES)
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

/** Everything planted is as it was, the mount too unless `liftMount` has taken it away. */
export async function assertCanaries(node: Node, canaries: Canaries, { rebooted }: Since = {}): Promise<void> {
  const { within, connection, serviceProcess, iptables, nftables } = canaries
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

/** What the report asks a person to do before a tree with a mount in it can go. */
export async function liftMount(node: Node, { within }: Pick<Canaries, 'within'>): Promise<void> {
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

/** Only the canaries' own rules, in their order, without counters: Kubernetes may come and go around them. */
async function rulesOf(node: Node): Promise<Pick<Canaries, 'iptables' | 'nftables'>> {
  const saved = await execOk(node, ['iptables-save'])
  const own = saved.split('\n').filter((line) => /[ :]CANARY( |$)|203\.0\.113\.0/.test(line))
  const iptables = own.map((line) => line.replace(/\[\d+:\d+\]/, '')).join('\n')
  return { iptables, nftables: await execOk(node, ['nft', 'list', 'table', 'inet', 'canary']) }
}
