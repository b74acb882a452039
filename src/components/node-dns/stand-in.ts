import type { Layout } from '../../base/layout.ts'
import { poll } from '../../base/retry.ts'
import type { Host, HostView } from '../../host/host.ts'
import { corednsOf, DIRECTORY } from './templates.ts'

const UNIT = 'cantrip-node-dns-stand-in.service'
/** It ends by itself if the agent is killed meanwhile. */
const PROPERTIES = ['RuntimeMaxSec=60', 'NoNewPrivileges=yes', 'ProtectSystem=strict', 'ProtectHome=yes']
const startArgv = (layout: Layout) =>
  [
    ...(['systemd-run', '--quiet', '--collect', `--unit=${UNIT}`] as const),
    ...PROPERTIES.map((each) => `--property=${each}`),
    ...[corednsOf(layout), '-conf', `${DIRECTORY}/Corefile`],
  ] as const
const UNDO = { kind: 'nothing', because: 'it ends by itself' } as const
/** systemctl(1): the unit is not loaded, because it has ended. */
const NOT_LOADED = 5
const WITHIN_MS = 5_000

/**
 * Restarts the node DNS while another process answers in its place: CoreDNS opens its port with SO_REUSEPORT. Otherwise the name of the
 * API would be unknown on this node for half a second. If none can be started, the restart happens nevertheless.
 */
export async function withStandIn(host: Host, restart: () => Promise<void>, signal: AbortSignal): Promise<void> {
  if (host.isDryRun) return restart()
  const before = await listeners(host)
  const areTwoUp = () =>
    poll({ firstMs: 50, withinMs: WITHIN_MS }, async () => (await listeners(host)) > before || undefined, {
      clock: host,
      signal,
    })
  await host.run(startArgv(host.layout), UNDO, { signal, okCodes: [0, 1] })
  try {
    await areTwoUp()
    await restart()
    await areTwoUp()
  } finally {
    await host.run(['systemctl', 'stop', UNIT], UNDO, { okCodes: [0, NOT_LOADED] })
  }
}

/** How many sockets of this machine receive on the port of DNS. See proc_net(5): addresses and ports are hexadecimal. */
async function listeners(host: HostView): Promise<number> {
  const tables = await Promise.all(['/proc/net/udp', '/proc/net/udp6'].map((path) => host.read(path)))
  return tables.flatMap((table) => table?.match(/^ *\d+: [0-9A-F]+:0035 /gm) ?? []).length
}
