import type { Host } from '../../../host/host.ts'
import type { RestoreOrder } from '../../../protocol/wire/messages/backup.ts'
import { REPLACED_DATA } from '../../../provision/etcd/backup/places.ts'
import { MEMBER_DATA } from '../../../provision/paths.ts'

export const WITH_DATA = { kind: 'nothing', because: "it is removed with etcd's data" } as const

/** In the replaced data: the restore that replaced it. */
const MARK = 'replaced-by'

/**
 * Moves the data of etcd, which is stopped, aside. It stays there until the next restore. What the same restore finds later is what it
 * made itself, and is removed.
 */
export async function keepReplacedData(host: Host, { id }: RestoreOrder, signal?: AbortSignal): Promise<void> {
  const options = signal === undefined ? {} : { signal }
  if ((await host.read(`${REPLACED_DATA}/${MARK}`))?.trim() === id) return removeMemberData(host, options)
  await host.expect({ kind: 'remove-tree', path: REPLACED_DATA })
  await host.write(`${MEMBER_DATA}/${MARK}`, `${id}\n`, 0o600)
  await remove(host, REPLACED_DATA)
  await host.run(move(MEMBER_DATA, REPLACED_DATA), WITH_DATA, options)
}

export async function removeMemberData(host: Host, options: { signal?: AbortSignal } = {}): Promise<void> {
  const because = 'the data belongs to a former member'
  await host.run(['/usr/bin/rm', '--recursive', '--force', MEMBER_DATA], { kind: 'nothing', because }, options)
}

export const move = (from: string, to: string) => ['/usr/bin/mv', '--no-target-directory', from, to] as const

export async function remove(host: Host, path: string): Promise<void> {
  if ((await host.stat(path)) === undefined) return
  await host.run(['/usr/bin/rm', '--recursive', '--force', path], {
    kind: 'nothing',
    because: 'an earlier restore left it',
  })
}
