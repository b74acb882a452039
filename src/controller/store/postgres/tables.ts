import type { Account, Administrator, ApiToken, UserSession } from '../../domain/identities/record.ts'
import type { AuditRecord, Cluster, Enrolment, KeptAnswer, Node, Run, StoredEvent } from '../../domain/records.ts'
import type { Value } from '../rows.ts'

/** The schema for Kysely. The names of columns are derived from those of fields, see rows.ts. */
export interface Tables {
  clusters: Row<Cluster>
  cluster_versions: { cluster_id: string; version: Value; holder: string | null; lease: Value }
  nodes: Row<Node>
  enrolments: Row<Enrolment>
  runs: Row<Run>
  events: Row<StoredEvent>
  administrators: Row<Administrator>
  accounts: Row<Account>
  api_tokens: Row<ApiToken>
  user_sessions: Row<UserSession>
  audit: Row<AuditRecord>
  answers: Row<KeptAnswer>
  event_numbers: { last: Value }
}

type Row<T> = { [field in keyof T & string as Snake<field>]: Value }

type Snake<Text extends string> = Text extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${Snake<Rest>}`
  : ''
