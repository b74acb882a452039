import { execOk, type Node } from '../support/testbed/machine.ts'
import { putFile } from '../support/testbed/nodes.ts'
import { unpackPackage } from '../support/testbed/unpack-package.ts'

const CONFIG = '/etc/haproxy/haproxy.cfg'
const UNIT = `[Unit]
After=network.target

[Service]
Type=notify
ExecStart=/usr/sbin/haproxy -Ws -f ${CONFIG}
ExecReload=/bin/kill -USR2 $MAINPID

[Install]
WantedBy=multi-user.target
`

/** Turns a node into a load balancer for the Kubernetes API: HAProxy with health checks of /readyz. */
export async function runLoadBalancer(node: Node, masters: readonly Node[], signal: AbortSignal): Promise<void> {
  const libraries = ['liblua5.3-0', 'libopentracing-c-wrapper0', 'libopentracing1']
  for (const name of ['haproxy', ...libraries]) await unpackPackage(node, name, signal)
  const config = [
    ...['defaults', '  mode tcp', '  timeout connect 1s', '  timeout client 1h', '  timeout server 1h'],
    ...['frontend api', '  bind :6443', '  default_backend masters'],
    ...['backend masters', '  option httpchk GET /readyz', '  default-server check check-ssl verify none inter 1s'],
    // Close the connections of a failed server, so that clients reconnect at once.
    ...masters.map(
      ({ name, address }) => `  server ${name} ${address}:6443 fall 2 rise 1 on-marked-down shutdown-sessions`,
    ),
    '',
  ]
  await putFile(node, CONFIG, config.join('\n'))
  await putFile(node, '/etc/systemd/system/haproxy.service', UNIT)
  await execOk(node, ['systemctl', 'daemon-reload'])
  await execOk(node, ['systemctl', 'enable', '--now', 'haproxy'])
}
