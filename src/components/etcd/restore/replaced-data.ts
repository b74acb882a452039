import type { Host } from '../../../host/host.ts'
import { REPLACED_DATA } from '../../../provision/etcd/backup/places.ts'
import { MEMBER_DATA } from '../../../provision/paths.ts'

export const WITH_DATA = { kind: 'nothing', because: "it is removed with etcd's data" } as const

/** Moves the data of etcd, which is stopped, aside. It stays there until the next restore. */
export async function keepReplacedData(host: Host, signal?: AbortSignal): Promise<void> {
  await host.expect({ kind: 'remove-tree', path: REPLACED_DATA })
  await remove(host, REPLACED_DATA)
  await host.run(move(MEMBER_DATA, REPLACED_DATA), WITH_DATA, { ...(signal && { signal }) })
}

export const move = (from: string, to: string) => ['/usr/bin/mv', '--no-target-directory', from, to] as const

export async function remove(host: Host, path: string): Promise<void> {
  if ((await host.stat(path)) === undefined) return
  await host.run(['/usr/bin/rm', '--recursive', '--force', path], {
    kind: 'nothing',
    because: 'an earlier restore left it',
  })
}
