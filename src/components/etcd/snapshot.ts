import { BINARIES, ETCD_DATA } from '../../base/kubernetes-paths.ts'
import { hostPort } from '../../base/net/address.ts'
import type { Argv } from '../../host/argv.ts'
import type { Host } from '../../host/host.ts'
import { ETCD_CLIENT } from '../../provision/paths.ts'

const SNAPSHOT = `${ETCD_DATA}/before-joining.db`

/** Saves all data of the cluster before its members change. The file remains until the node joins again. */
export async function saveSnapshot(host: Host, address: string, signal: AbortSignal): Promise<void> {
  await host.makeDirectory(ETCD_DATA, 0o700)
  const { ca, certificate, key } = ETCD_CLIENT
  const argv: Argv = [
    `${BINARIES}/etcdctl`,
    `--endpoints=https://${hostPort(address, 2379)}`,
    ...[`--cacert=${ca}`, `--cert=${certificate}`, `--key=${key}`, 'snapshot', 'save', SNAPSHOT],
  ]
  await host.run(argv, { kind: 'remove-path', path: SNAPSHOT }, { signal, timeoutMs: 300_000 })
}
