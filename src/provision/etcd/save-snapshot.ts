import { BINARIES, ETCD_DATA } from '../../base/kubernetes-paths.ts'
import { hostPort } from '../../base/net/address.ts'
import type { Argv } from '../../host/argv.ts'
import type { Host } from '../../host/host.ts'
import { ETCD_CLIENT } from '../paths.ts'

/**
 * Saves all data of the cluster to a file in etcd's directory. A file of that name is complete: etcdctl renames it at the end.
 *
 * @param address of the member that is asked
 */
export async function saveSnapshot(host: Host, address: string, path: string, signal: AbortSignal): Promise<void> {
  await host.makeDirectory(ETCD_DATA, 0o700)
  const { ca, certificate, key } = ETCD_CLIENT
  const argv: Argv = [
    `${BINARIES}/etcdctl`,
    `--endpoints=https://${hostPort(address, 2379)}`,
    ...[`--cacert=${ca}`, `--cert=${certificate}`, `--key=${key}`, 'snapshot', 'save', path],
  ]
  await host.run(argv, { kind: 'remove-path', path }, { signal, timeoutMs: 300_000 })
}
