import type { AuditChange, AuditContent } from '../../protocol/audit/entry.ts'
import type { Change } from '../domain/change.ts'
import type { UserSession } from '../domain/identities/record.ts'
import { principalOf } from '../domain/identities/session-holder.ts'
import type { HasAnnouncements, HasClock, HasStore } from '../ports.ts'
import type { Store } from '../store/port.ts'
import { type Act, contentOf } from './act.ts'
import { differencesOf } from './differences.ts'

/** Long polls and streams of entries wait for this topic. */
export const AUDIT_TOPIC = 'audit'

type Ports = HasStore & HasAnnouncements & Pick<HasClock, 'now'>

/**
 * The same ports for one act: each commit that changes something for the audit log contains its entry, so neither is stored without
 * the other. Everything else, also what is replaced later, is as in `ports`. `background`: for work that goes on after the act.
 */
export function recorded<P extends Ports>(
  ports: P,
  act: Act,
  onEntry: OnEntry = () => undefined,
): P & HasActs & { background: P } {
  return Object.create(ports, {
    store: { value: recordingStore(ports, act, onEntry) },
    doRecorded: {
      value: <T>(changes: AuditChange[], effect: () => T | Promise<T>) =>
        doRecorded(ports, act, changes, effect, onEntry),
    },
    background: { value: ports },
  })
}

export interface HasActs {
  /**
   * Does something outside the store, with an entry before it and one after it: if the process is killed in between, the first
   * one says so.
   */
  doRecorded<T>(changes: AuditChange[], effect: () => T | Promise<T>): Promise<T>
}

/** Gets each entry that was stored. */
export type OnEntry = (content: AuditContent) => void

function recordingStore({ store, changes: waiting, now }: Ports, act: Act, onEntry: OnEntry): Store {
  return {
    ...store,
    async commit(changes, expected) {
      const found = await differencesOf(store, changes)
      if (found.length === 0) return store.commit(changes, expected)
      const target = await targetOf(store, act, found, changes)
      const content = contentOf(
        { ...act, who: whoSignedIn(changes) ?? act.who },
        { at: now().toISOString(), outcome: 'done', target, changes: found },
      )
      const isDone = await store.commit([...changes, { change: 'add-audit-entry', content }], expected)
      if (!isDone) return isDone
      waiting.announce(AUDIT_TOPIC)
      onEntry(content)
      return isDone
    },
  }
}

/** A request that begins a session has nobody's identity, and is known to be of this person when the session is stored. */
function whoSignedIn(changes: readonly Change[]): AuditContent['who'] | undefined {
  for (const each of changes) {
    if (each.change === 'add-user-session' && !each.session.isCode) return whoOf(each.session)
    // Only the exchange of a login code sets all.
    if (each.change === 'set-user-session' && isWhole(each.to)) return whoOf(each.to)
  }
  return undefined
}

const isWhole = (to: Partial<UserSession>): to is UserSession => to.hash !== undefined
const whoOf = (session: UserSession) => ({ ...principalOf(session), id: session.id })

async function doRecorded<T>(
  { store, changes: waiting, now }: Ports,
  act: Act,
  changes: AuditChange[],
  effect: () => T | Promise<T>,
  onEntry: OnEntry,
): Promise<T> {
  const note = async (outcome: 'begun' | 'done') => {
    const content = contentOf(act, { at: now().toISOString(), outcome, changes })
    await store.commit([{ change: 'add-audit-entry', content }])
    waiting.announce(AUDIT_TOPIC)
    onEntry(content)
  }
  await note('begun')
  const result = await effect()
  await note('done')
  return result
}

/** Names, which last longer than ids: of the cluster, and of the node if there is only one. */
async function targetOf(
  store: Store,
  { target }: Act,
  found: readonly AuditChange[],
  changes: readonly Change[],
): Promise<AuditContent['target']> {
  const nodes = new Set(
    found.flatMap(({ record, id, name }) => (record === 'node' ? [id] : record === 'enrolment' && name ? [name] : [])),
  )
  const nodeId = target.nodeId ?? (nodes.size === 1 ? [...nodes][0] : undefined)
  const added = changes.flatMap((each) => (each.change === 'add-node' ? [each.node] : []))
  const node = nodeId === undefined ? undefined : (added.find(({ id }) => id === nodeId) ?? (await store.node(nodeId)))
  const clusterId = target.clusterId ?? node?.clusterId ?? found.find(({ record }) => record === 'cluster')?.id
  const cluster = target.cluster ?? (clusterId === undefined ? undefined : (await store.cluster(clusterId))?.name)
  const named = cluster ?? found.find(({ record }) => record === 'cluster')?.name
  return { cluster: named ?? null, node: node?.name ?? null, nodeId: node?.id ?? nodeId ?? null }
}
