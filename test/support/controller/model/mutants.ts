import type { Store } from '../../../../src/controller/store/port.ts'
import type { WorldOptions } from './world.ts'

type Alter = Pick<WorldOptions, 'alter' | 'alterStore'>
type Commit = Store['commit']

const committing = (commit: (store: Store) => Commit): Alter => ({
  alterStore: (store) => ({ ...store, commit: commit(store) }),
})

/** Wrong controllers, made by ports that break their contracts, with the number of processes that reveals the error. */
export const MUTANTS: readonly [name: string, processes: number, alter: Alter][] = [
  ['a commit ignores the version', 2, committing((store) => (changes) => store.commit(changes))],
  [
    'a commit that came too late is taken for done',
    2,
    committing((store) => async (...order) => {
      await store.commit(...order)
      return true
    }),
  ],
  [
    'changes of one cluster do not take turns',
    1,
    {
      alter: ({ services }) => {
        services.turns = (_, work) => work()
      },
    },
  ],
  [
    'each commit is made twice',
    1,
    committing((store) => async (changes, expected) => {
      const isDone = await store.commit(changes, expected)
      return isDone && store.commit(changes)
    }),
  ],
  [
    'events of nodes are not stored',
    1,
    committing((store) => (changes, expected) => {
      const kept = changes.filter((each) => each.change !== 'add-event' || each.event.nodeSeq === null)
      return store.commit(kept, expected)
    }),
  ],
  [
    'state changes have no events',
    1,
    committing((store) => (changes, expected) => {
      const kept = changes.filter((each) => each.change !== 'add-event' || each.event.event.kind !== 'node-state')
      return store.commit(kept, expected)
    }),
  ],
  [
    'nothing is sent to nodes',
    1,
    {
      alter: ({ hub }) => {
        hub.deliver = () => undefined
      },
    },
  ],
]
