import type { AuditContent } from '../../protocol/audit/entry.ts'
import type { Account, Administrator, ApiToken, UserSession } from './identities/record.ts'
import type { Cluster, Enrolment, KeptAnswer, NewEvent, Node, Run } from './records.ts'

/** One change of the controller's records, as plain data. A list of changes is committed atomically. */
export type Change =
  | { change: 'add-cluster'; cluster: Cluster }
  | { change: 'set-cluster'; id: string; to: Partial<Cluster> }
  /** Also removes its nodes with their enrolments and runs, and its events. */
  | { change: 'remove-cluster'; id: string }
  | { change: 'add-node'; node: Node }
  | { change: 'set-node'; id: string; to: Partial<Node> }
  /** Also removes its enrolment and its runs. */
  | { change: 'remove-node'; id: string }
  | { change: 'add-enrolment'; enrolment: Enrolment }
  | { change: 'set-enrolment'; fingerprint: string; to: Partial<Enrolment> }
  | { change: 'add-run'; run: Run }
  | { change: 'set-run'; id: string; to: Partial<Run> }
  | { change: 'add-event'; event: NewEvent }
  /** Removes the progress events of a run that has ended. */
  | { change: 'remove-step-progress'; runId: string }
  | { change: 'add-administrator'; administrator: Administrator }
  | { change: 'set-administrator'; serial: string; to: Partial<Administrator> }
  | { change: 'add-account'; account: Account }
  | { change: 'set-account'; name: string; to: Partial<Account> }
  | { change: 'remove-account'; name: string }
  | { change: 'add-api-token'; token: ApiToken }
  | { change: 'set-api-token'; hash: string; to: Partial<ApiToken> }
  | { change: 'remove-api-token'; hash: string }
  | { change: 'add-user-session'; session: UserSession }
  | { change: 'set-user-session'; hash: string; to: Partial<UserSession> }
  | { change: 'remove-user-session'; hash: string }
  /** The store numbers it, and links it to the entry before. */
  | { change: 'add-audit-entry'; content: AuditContent }
  /** Removes the oldest entries, up to this number. The same commit adds an entry about it. */
  | { change: 'remove-audit-entries'; upTo: number }
  | { change: 'add-answer'; answer: KeptAnswer }
  | { change: 'set-answer'; key: string; to: Partial<KeptAnswer> }
  /** Removes answers from before a time, and those of the owner except the newest. */
  | { change: 'trim-answers'; before: string; owner: string; keep: number }
