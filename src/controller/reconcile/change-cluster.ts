import { type Draft, openDraft } from '../domain/draft.ts'
import type { HasClock, HasStore, HasTurns } from '../ports.ts'
import type { Part } from '../store/port.ts'

/** How often a change is retried when another process has changed the cluster meanwhile. */
const TRIES = 100

/**
 * Loads the cluster, calls `work` to change it, and commits all changes atomically. Changes of one cluster are serialized
 * within this process. If another process commits first, `work` is called again with the new state, so it must have no other
 * side effect. Returns undefined if the cluster does not exist.
 */
export async function changeCluster<T>(
  { store, turns, now }: HasStore & HasTurns & Pick<HasClock, 'now'>,
  clusterId: string,
  work: (draft: Draft) => T,
  part?: Part,
): Promise<{ result: T; draft: Draft } | undefined> {
  return turns(clusterId, async () => {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const data = await store.load(clusterId, part)
      if (!data) return undefined
      const draft = openDraft(data, now())
      const result = work(draft)
      if (draft.changes.length === 0) return { result, draft }
      if (await store.commit(draft.changes, { clusterId, version: data.version })) return { result, draft }
    }
    throw new Error(`cluster ${clusterId} was changed by another process during each of ${TRIES} attempts`)
  })
}
