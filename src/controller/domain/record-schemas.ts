import * as z from 'zod/mini'
import type { ErrorReport } from '../../base/agent-error.ts'
import { DEFAULT_PROJECT, Grant } from '../../protocol/api/access.ts'
import { CLUSTER_STATES } from '../../protocol/api/clusters.ts'
import { RUN_STATES } from '../../protocol/api/nodes.ts'
import { OperatorReport } from '../../protocol/api/operators.ts'
import type { PairReport } from '../../protocol/api/pair-report.ts'
import { NodeRules } from '../../protocol/declaration/declaration.ts'
import { Machine } from '../../protocol/declaration/machine.ts'
import { NodeRole, NodeState } from '../../protocol/names.ts'
import { ClusterSettings } from '../../protocol/settings/cluster-settings.ts'
import { CheckSummary } from '../../protocol/wire/check-summary.ts'
import { Facts } from '../../protocol/wire/facts.ts'
import type { Target } from '../../protocol/wire/operation.ts'
import type { AgentUpdate } from './agent-update/record.ts'
import type {
  Account,
  Administrator,
  ApiToken,
  ClusterAccess,
  CredentialSet,
  UserSession,
} from './identities/record.ts'
import type {
  Alarm,
  AuditRecord,
  Cluster,
  ClusterImage,
  Enrolment,
  EtcdLook,
  KeptAnswer,
  KnownProblem,
  Node,
  Place,
  Run,
  RunProgress,
  StoredEvent,
} from './records.ts'
import type { Rejoin } from './rejoin/record.ts'
import type { Upgrade } from './upgrade/record.ts'

type Fields<T> = { [field in keyof T]-?: z.core.$ZodType }

const text = z.string()
const textOrNull = z.nullable(text)
const count = z.int()
/** Data that the controller wrote itself and only displays, so it is not validated. */
const written = <T>() => z.custom<T>((value) => typeof value === 'object' && value !== null)
/** A field that is absent in records of older builds. */
const since = <T extends z.core.$ZodType>(schema: T, fallback: unknown) =>
  z.pipe(
    z.transform((value) => value ?? fallback),
    schema,
  )

const clusterFields: Fields<Cluster> = {
  id: text,
  name: text,
  project: since(text, DEFAULT_PROJECT),
  state: z.enum([...CLUSTER_STATES, 'REPAIRING']),
  settings: ClusterSettings,
  desired: z.enum(['none', 'provision', 'reset']),
  attempt: count,
  repairAttempt: since(count, 0),
  desiredAt: textOrNull,
  readyAt: textOrNull,
  establishedAt: textOrNull,
  problems: since(z.array(written<KnownProblem>()), []),
  endpoint: textOrNull,
  report: z.nullable(OperatorReport),
  reportAt: textOrNull,
  unknownSince: since(textOrNull, null),
  etcd: since(z.nullable(written<EtcdLook>()), null),
  gone: since(z.array(written<Target>()), []),
  rules: z.nullable(NodeRules),
  pairs: z.nullable(written<PairReport>()),
  upgrade: z.nullable(written<Upgrade>()),
  credentials: since(z.array(written<CredentialSet>()), []),
  accesses: since(z.array(written<ClusterAccess>()), []),
  images: since(z.array(written<ClusterImage>()), []),
  agentUpdate: since(z.nullable(written<AgentUpdate>()), null),
  operatorSince: since(textOrNull, null),
  error: z.nullable(written<ErrorReport>()),
  createdAt: text,
}

const nodeFields: Fields<Node> = {
  id: text,
  clusterId: text,
  name: text,
  address: text,
  state: NodeState,
  silent: z.enum(['no', 'suspect', 'unreachable']),
  leaving: since(z.enum(['no', 'retire', 'reset']), 'no'),
  place: z.nullable(z.union([z.literal('none'), written<Place>()])),
  rejoin: since(z.nullable(written<Rejoin>()), null),
  roles: z.array(NodeRole),
  interface: textOrNull,
  disks: z.array(text),
  labels: since(z.record(text, text), {}),
  labelsDue: since(z.boolean(), false),
  facts: z.nullable(Facts),
  machine: z.nullable(Machine),
  ruling: since(z.enum(['open', 'followed', 'held']), 'open'),
  warnings: since(z.array(CheckSummary), []),
  agentVersion: text,
  bootId: text,
  error: z.nullable(written<ErrorReport>()),
  alarms: since(z.array(written<Alarm>()), []),
  operatorKeys: since(z.array(text), []),
  attempt: count,
  generation: count,
  upSeq: count,
  downSeq: count,
  createdAt: text,
  approvedAt: textOrNull,
  configuredAt: textOrNull,
  lastSeen: textOrNull,
}

const enrolmentFields: Fields<Enrolment> = {
  fingerprint: text,
  nodeId: text,
  installer: text,
  publicKey: text,
  state: z.enum(['pending', 'approved', 'refused']),
  certificate: textOrNull,
  next: z.nullable(z.object({ fingerprint: text, publicKey: text, certificate: text })),
  createdAt: text,
}

const runFields: Fields<Run> = {
  id: text,
  nodeId: text,
  role: z.enum(['first-master', 'master', 'worker', 'upgrade', 'add-ons', 'renew', 'restore-etcd', 'reset']),
  repair: since(z.boolean(), false),
  generation: count,
  seq: count,
  payload: text,
  signature: text,
  state: z.enum(RUN_STATES),
  acknowledged: z.boolean(),
  cancel: z.boolean(),
  progress: written<RunProgress>(),
  error: z.nullable(written<ErrorReport>()),
  createdAt: text,
  expiresAt: text,
  endedAt: textOrNull,
}

const eventFields: Fields<StoredEvent> = {
  seq: count,
  at: text,
  clusterId: text,
  nodeId: textOrNull,
  nodeSeq: z.nullable(count),
  runId: textOrNull,
  kind: text,
  event: written<StoredEvent['event']>(),
}

const administratorFields: Fields<Administrator> = {
  serial: text,
  name: text,
  createdAt: text,
  expiresAt: text,
  issuedBy: textOrNull,
  lastUsedAt: textOrNull,
  revokedAt: textOrNull,
  revokedBy: textOrNull,
}

const keptAnswerFields: Fields<KeptAnswer> = {
  key: text,
  owner: text,
  request: text,
  status: z.nullable(count),
  body: textOrNull,
  createdAt: text,
}

const auditFields: Fields<AuditRecord> = {
  number: count,
  content: written<AuditRecord['content']>(),
  previous: text,
  hash: text,
}

const accountFields: Fields<Account> = {
  name: text,
  password: text,
  grants: z.array(Grant),
  createdAt: text,
  createdBy: text,
  lastUsedAt: textOrNull,
  disabledAt: textOrNull,
}

const apiTokenFields: Fields<ApiToken> = {
  hash: text,
  name: text,
  grants: z.array(Grant),
  account: textOrNull,
  createdAt: text,
  expiresAt: text,
  issuedBy: textOrNull,
  lastUsedAt: textOrNull,
  revokedAt: textOrNull,
  revokedBy: textOrNull,
}

const userSessionFields: Fields<UserSession> = {
  hash: text,
  id: text,
  name: text,
  grants: z.nullable(z.array(Grant)),
  holder: since(z.nullable(z.object({ kind: z.enum(['administrator', 'token']), name: text, id: text })), null),
  isCode: since(z.boolean(), false),
  madeBy: since(textOrNull, null),
  kind: z.enum(['cookie', 'token']),
  address: text,
  createdAt: text,
  lastUsedAt: text,
  expiresAt: text,
}

/** Throws if a value does not match the fields; missing fields get their defaults. */
const parserOf = <T>(fields: Fields<T>): ((value: unknown) => T) => {
  const schema = z.object(fields)
  return (value) => z.parse(schema, value) as T
}

export const parseCluster = parserOf(clusterFields)
export const parseNode = parserOf(nodeFields)
export const parseEnrolment = parserOf(enrolmentFields)
export const parseRun = parserOf(runFields)
export const parseAdministrator = parserOf(administratorFields)
export const parseKeptAnswer = parserOf(keptAnswerFields)
export const parseAuditRecord = parserOf(auditFields)
export const parseStoredEvent = parserOf(eventFields)
export const parseAccount = parserOf(accountFields)
export const parseApiToken = parserOf(apiTokenFields)
export const parseUserSession = parserOf(userSessionFields)
