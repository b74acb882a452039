import { type Draft, openDraft } from '../domain/draft.ts'
import type { HasClock, HasStore, HasTurns } from '../ports.ts'
import type { Part } from '../store/port.ts'

/** Whoever is overtaken loads the cluster again. More often than this nobody is by chance. */
const TRIES = 100

/**
 * Loads the cluster, lets `work` change it, and commits all changes at once. Work on one cluster takes turns within this
 * process; another process that was faster has it done again on what is there then, so that it must have no other effect.
 * Undefined where the cluster is gone.
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
    throw new Error(`cluster ${clusterId} was changed by others at each of ${TRIES} tries`)
  })
}
