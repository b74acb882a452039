import type { AuditChange } from '../../protocol/audit/entry.ts'
import type { Change } from '../domain/change.ts'
import type { Store } from '../store/port.ts'
import {
  ACCOUNT_FIELDS,
  ADMINISTRATOR_FIELDS,
  API_TOKEN_FIELDS,
  CLUSTER_FIELDS,
  ENROLMENT_FIELDS,
  NODE_FIELDS,
  RESTORE_FIELDS,
  SESSION_FIELDS,
} from './fields.ts'

/** Kinds of records in the audit log, and how the present one is read. */
export const AUDITED = {
  cluster: { fields: CLUSTER_FIELDS, read: (store: Store, id: string) => store.cluster(id) },
  node: { fields: NODE_FIELDS, read: (store: Store, id: string) => store.node(id) },
  enrolment: { fields: ENROLMENT_FIELDS, read: (store: Store, id: string) => store.enrolment(id) },
  administrator: { fields: ADMINISTRATOR_FIELDS, read: (store: Store, id: string) => store.administrator(id) },
  account: { fields: ACCOUNT_FIELDS, read: (store: Store, id: string) => store.account(id) },
  token: { fields: API_TOKEN_FIELDS, read: (store: Store, id: string) => store.apiToken(id) },
  run: { fields: RESTORE_FIELDS, read: (store: Store, id: string) => store.run(id) },
  session: { fields: SESSION_FIELDS, read: (store: Store, id: string) => store.userSession(id) },
} as const

export interface Touched {
  record: keyof typeof AUDITED
  id: string
  change: AuditChange['change']
  /** The new values. */
  to: object
}

/** The record that a change concerns; undefined if it is none for the audit log. The compiler rejects a kind that is not here. */
export function touchedBy(change: Change): Touched | undefined {
  switch (change.change) {
    case 'add-cluster':
      return { record: 'cluster', id: change.cluster.id, change: 'added', to: change.cluster }
    case 'set-cluster':
      return { record: 'cluster', id: change.id, change: 'changed', to: change.to }
    case 'remove-cluster':
      return { record: 'cluster', id: change.id, change: 'removed', to: {} }
    case 'add-node':
      return { record: 'node', id: change.node.id, change: 'added', to: change.node }
    case 'set-node':
      return { record: 'node', id: change.id, change: 'changed', to: change.to }
    case 'remove-node':
      return { record: 'node', id: change.id, change: 'removed', to: {} }
    case 'add-enrolment':
      return { record: 'enrolment', id: change.enrolment.fingerprint, change: 'added', to: change.enrolment }
    case 'set-enrolment':
      return { record: 'enrolment', id: change.fingerprint, change: 'changed', to: change.to }
    case 'add-administrator':
      return { record: 'administrator', id: change.administrator.serial, change: 'added', to: change.administrator }
    case 'set-administrator':
      return { record: 'administrator', id: change.serial, change: 'changed', to: change.to }
    case 'add-account':
      return { record: 'account', id: change.account.name, change: 'added', to: change.account }
    case 'set-account':
      return { record: 'account', id: change.name, change: 'changed', to: change.to }
    case 'remove-account':
      return { record: 'account', id: change.name, change: 'removed', to: {} }
    case 'add-api-token':
      return { record: 'token', id: change.token.hash, change: 'added', to: change.token }
    case 'set-api-token':
      return { record: 'token', id: change.hash, change: 'changed', to: change.to }
    case 'remove-api-token':
      return { record: 'token', id: change.hash, change: 'removed', to: {} }
    case 'add-user-session':
      return { record: 'session', id: change.session.hash, change: 'added', to: change.session }
    case 'set-user-session':
      return { record: 'session', id: change.hash, change: 'changed', to: change.to }
    case 'remove-user-session':
      return { record: 'session', id: change.hash, change: 'removed', to: {} }
    // Others follow from changes of records; a restore is ordered by its runs alone.
    case 'add-run':
      return change.run.role === 'restore-etcd'
        ? { record: 'run', id: change.run.id, change: 'added', to: change.run }
        : undefined
    // What follows from such changes, and what machines report.
    case 'set-run':
    case 'add-event':
    case 'remove-step-progress':
    case 'add-audit-entry':
    case 'remove-audit-entries':
      return undefined
  }
}

/** Several changes of one record are one. */
export function merged(all: readonly Touched[]): Touched[] {
  const byRecord = new Map<string, Touched>()
  for (const each of all) {
    const key = `${each.record} ${each.id}`
    const earlier = byRecord.get(key)
    const change = each.change === 'changed' && earlier ? earlier.change : each.change
    byRecord.set(key, { ...each, change, to: { ...earlier?.to, ...each.to } })
  }
  return [...byRecord.values()]
}
