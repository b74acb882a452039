import type { Change } from '../domain/change.ts'
import {
  ACCOUNT,
  ADMINISTRATOR,
  API_TOKEN,
  CLUSTER,
  ENROLMENT,
  KEPT_ANSWER,
  NODE,
  type RecordKind,
  RUN,
  USER_SESSION,
} from './record-kinds.ts'

/** A change of one record by its key, which each backend carries out with one statement. */
export type RecordChange =
  | { verb: 'add'; kind: RecordKind<object>; record: object }
  | { verb: 'set'; kind: RecordKind<object>; key: string; to: object }
  | { verb: 'remove'; kind: RecordKind<object>; key: string }

const add = <T extends object>(kind: RecordKind<T>, record: T): RecordChange => ({ verb: 'add', kind, record })
const set = <T extends object>(kind: RecordKind<T>, key: string, to: Partial<T>): RecordChange => ({
  ...{ verb: 'set', kind, key, to },
})
const remove = (kind: RecordKind<object>, key: string): RecordChange => ({ verb: 'remove', kind, key })

/** Undefined for a change of several records, or of one that the backend completes. */
export function recordChangeOf(change: Change): RecordChange | undefined {
  switch (change.change) {
    case 'set-cluster':
      return set(CLUSTER, change.id, change.to)
    case 'remove-cluster':
      return remove(CLUSTER, change.id)
    case 'add-node':
      return add(NODE, change.node)
    case 'set-node':
      return set(NODE, change.id, change.to)
    case 'remove-node':
      return remove(NODE, change.id)
    case 'add-enrolment':
      return add(ENROLMENT, change.enrolment)
    case 'set-enrolment':
      return set(ENROLMENT, change.fingerprint, change.to)
    case 'add-run':
      return add(RUN, change.run)
    case 'set-run':
      return set(RUN, change.id, change.to)
    case 'add-administrator':
      return add(ADMINISTRATOR, change.administrator)
    case 'set-administrator':
      return set(ADMINISTRATOR, change.serial, change.to)
    case 'add-account':
      return add(ACCOUNT, change.account)
    case 'set-account':
      return set(ACCOUNT, change.name, change.to)
    case 'remove-account':
      return remove(ACCOUNT, change.name)
    case 'add-api-token':
      return add(API_TOKEN, change.token)
    case 'set-api-token':
      return set(API_TOKEN, change.hash, change.to)
    case 'remove-api-token':
      return remove(API_TOKEN, change.hash)
    case 'add-user-session':
      return add(USER_SESSION, change.session)
    case 'set-user-session':
      return set(USER_SESSION, change.hash, change.to)
    case 'remove-user-session':
      return remove(USER_SESSION, change.hash)
    case 'add-answer':
      return add(KEPT_ANSWER, change.answer)
    case 'set-answer':
      return set(KEPT_ANSWER, change.key, change.to)
    default:
      return undefined
  }
}
