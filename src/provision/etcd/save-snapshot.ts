import { ETCD_DATA } from '../../base/kubernetes-paths.ts'
import type { Layout } from '../../base/layout.ts'
import { hostPort } from '../../base/net/address.ts'
import type { Argv } from '../../host/argv.ts'
import type { Host } from '../../host/host.ts'
import { ETCD_CLIENT } from '../paths.ts'

/** Several gigabytes on a slow disk. */
export const SNAPSHOT_MS = 300_000

/**
 * Saves all data of the cluster to a file in etcd's directory. A file of that name is complete: etcdctl renames it at the end.
 *
 * @param address of the member that is asked
 */
export async function saveSnapshot(host: Host, address: string, path: string, signal: AbortSignal): Promise<void> {
  await host.makeDirectory(ETCD_DATA, 0o700)
  await host.run(
    snapshotCommand(host.layout, address, path),
    { kind: 'remove-path', path },
    { signal, timeoutMs: SNAPSHOT_MS },
  )
}

/** The command that saves all data of the member at this address. */
export function snapshotCommand({ binaries }: Layout, address: string, path: string): Argv {
  const { ca, certificate, key } = ETCD_CLIENT
  const tls = [`--cacert=${ca}`, `--cert=${certificate}`, `--key=${key}`]
  return [`${binaries}/etcdctl`, `--endpoints=https://${hostPort(address, 2379)}`, ...tls, 'snapshot', 'save', path]
}
