import type { Situation } from '../../../../src/controller/domain/situation.ts'
import type { UpgradeDecision } from '../../../../src/controller/domain/upgrade/steer.ts'
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
    'a move of the API endpoint is taken for an upgrade',
    1,
    committing((store) => (changes, expected) => {
      const without = changes.map((each) => {
        if (each.change !== 'set-cluster' || !each.to.upgrade) return each
        const { settings: _, ...upgrade } = each.to.upgrade
        return { ...each, to: { ...each.to, upgrade } }
      })
      return store.commit(without, expected)
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

/** What a wrong director decides about an upgrade instead of these decisions. */
export type Misguide = (situation: Situation, decisions: readonly UpgradeDecision[]) => UpgradeDecision[]

/** With what the histories say about it. */
export const WRONG_DIRECTORS: readonly [name: string, said: RegExp, misguide: Misguide][] = [
  [
    'two masters are upgraded at once',
    /is upgraded while \S+ has a run/,
    (situation, decisions) => {
      const order = masterOrder(situation, decisions)
      const [other] = waiting(situation, true).filter((id) => id !== order?.nodeId)
      return order && other ? [...decisions, { ...order, nodeId: other }] : [...decisions]
    },
  ],
  [
    'a worker is upgraded before the masters',
    /is upgraded before/,
    (situation, decisions) => {
      const order = masterOrder(situation, decisions)
      const [worker] = waiting(situation, false)
      return decisions.map((each) => (each === order && worker ? { ...each, nodeId: worker } : each))
    },
  ],
]

const masterOrder = ({ members }: Situation, decisions: readonly UpgradeDecision[]) =>
  decisions
    .flatMap((each) => (each.kind === 'instruct' && each.role === 'upgrade' ? [each] : []))
    .find(({ nodeId }) => members.some(({ node }) => node.id === nodeId && node.roles.includes('master')))

/** The masters, or the workers, that the upgrade has not begun. */
function waiting({ cluster, members }: Situation, isMaster: boolean): string[] {
  const due = cluster.upgrade?.nodes.filter(({ phase }) => phase === 'waiting').map(({ id }) => id) ?? []
  const present = members.filter(({ node }) => node.leaving === 'no' && node.roles.includes('master') === isMaster)
  return present.flatMap(({ node }) => (due.includes(node.id) ? [node.id] : []))
}
