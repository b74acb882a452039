import type { Account, Administrator, ApiToken, UserSession } from '../domain/identities/record.ts'
import * as schemas from '../domain/record-schemas.ts'
import type { AuditRecord, Cluster, Enrolment, KeptAnswer, Node, Run, StoredEvent } from '../domain/records.ts'

/** The type of a field in its column, whose name is the name of the field in snake_case. */
export type Kind = 'text' | 'integer' | 'boolean' | 'json'
type Columns<T> = { readonly [field in keyof T]-?: Kind }

export interface RecordKind<T> {
  table: string
  key: string
  columns: Columns<T>
  parse(value: unknown): T
}

export const CLUSTER: RecordKind<Cluster> = {
  table: 'clusters',
  key: 'id',
  parse: schemas.parseCluster,
  columns: {
    id: 'text',
    name: 'text',
    project: 'text',
    state: 'text',
    settings: 'json',
    desired: 'text',
    attempt: 'integer',
    repairAttempt: 'integer',
    desiredAt: 'text',
    readyAt: 'text',
    establishedAt: 'text',
    problems: 'json',
    endpoint: 'text',
    report: 'json',
    reportAt: 'text',
    unknownSince: 'text',
    etcd: 'json',
    gone: 'json',
    rules: 'json',
    pairs: 'json',
    upgrade: 'json',
    credentials: 'json',
    accesses: 'json',
    images: 'json',
    agentUpdate: 'json',
    operatorSince: 'text',
    error: 'json',
    createdAt: 'text',
  },
}

export const NODE: RecordKind<Node> = {
  table: 'nodes',
  key: 'id',
  parse: schemas.parseNode,
  columns: {
    id: 'text',
    clusterId: 'text',
    name: 'text',
    address: 'text',
    state: 'text',
    silent: 'text',
    leaving: 'text',
    place: 'json',
    rejoin: 'json',
    roles: 'json',
    interface: 'text',
    disks: 'json',
    labels: 'json',
    labelsDue: 'boolean',
    facts: 'json',
    machine: 'json',
    ruling: 'text',
    warnings: 'json',
    agentVersion: 'text',
    bootId: 'text',
    error: 'json',
    alarms: 'json',
    operatorKeys: 'json',
    attempt: 'integer',
    generation: 'integer',
    upSeq: 'integer',
    downSeq: 'integer',
    createdAt: 'text',
    approvedAt: 'text',
    configuredAt: 'text',
    lastSeen: 'text',
  },
}

export const ENROLMENT: RecordKind<Enrolment> = {
  table: 'enrolments',
  key: 'fingerprint',
  parse: schemas.parseEnrolment,
  columns: {
    fingerprint: 'text',
    nodeId: 'text',
    installer: 'text',
    publicKey: 'text',
    state: 'text',
    certificate: 'text',
    next: 'json',
    createdAt: 'text',
  },
}

export const RUN: RecordKind<Run> = {
  table: 'runs',
  key: 'id',
  parse: schemas.parseRun,
  columns: {
    id: 'text',
    nodeId: 'text',
    role: 'text',
    repair: 'boolean',
    generation: 'integer',
    seq: 'integer',
    payload: 'text',
    signature: 'text',
    state: 'text',
    acknowledged: 'boolean',
    cancel: 'boolean',
    progress: 'json',
    error: 'json',
    createdAt: 'text',
    expiresAt: 'text',
    endedAt: 'text',
  },
}

export const EVENT: RecordKind<StoredEvent> = {
  table: 'events',
  key: 'seq',
  parse: schemas.parseStoredEvent,
  columns: {
    seq: 'integer',
    at: 'text',
    clusterId: 'text',
    nodeId: 'text',
    nodeSeq: 'integer',
    runId: 'text',
    kind: 'text',
    event: 'json',
  },
}

export const ADMINISTRATOR: RecordKind<Administrator> = {
  table: 'administrators',
  key: 'serial',
  parse: schemas.parseAdministrator,
  columns: {
    serial: 'text',
    name: 'text',
    createdAt: 'text',
    expiresAt: 'text',
    issuedBy: 'text',
    lastUsedAt: 'text',
    revokedAt: 'text',
    revokedBy: 'text',
  },
}

export const KEPT_ANSWER: RecordKind<KeptAnswer> = {
  table: 'answers',
  key: 'key',
  parse: schemas.parseKeptAnswer,
  columns: { key: 'text', owner: 'text', request: 'text', status: 'integer', body: 'text', createdAt: 'text' },
}

export const AUDIT: RecordKind<AuditRecord> = {
  table: 'audit',
  key: 'number',
  parse: schemas.parseAuditRecord,
  columns: {
    number: 'integer',
    content: 'json',
    previous: 'text',
    hash: 'text',
  },
}

export const ACCOUNT: RecordKind<Account> = {
  table: 'accounts',
  key: 'name',
  parse: schemas.parseAccount,
  columns: {
    name: 'text',
    password: 'text',
    grants: 'json',
    createdAt: 'text',
    createdBy: 'text',
    lastUsedAt: 'text',
    disabledAt: 'text',
  },
}

export const API_TOKEN: RecordKind<ApiToken> = {
  table: 'api_tokens',
  key: 'hash',
  parse: schemas.parseApiToken,
  columns: {
    hash: 'text',
    name: 'text',
    grants: 'json',
    account: 'text',
    createdAt: 'text',
    expiresAt: 'text',
    issuedBy: 'text',
    lastUsedAt: 'text',
    revokedAt: 'text',
    revokedBy: 'text',
  },
}

export const USER_SESSION: RecordKind<UserSession> = {
  table: 'user_sessions',
  key: 'hash',
  parse: schemas.parseUserSession,
  columns: {
    hash: 'text',
    id: 'text',
    name: 'text',
    grants: 'json',
    holder: 'json',
    isCode: 'boolean',
    madeBy: 'text',
    kind: 'text',
    address: 'text',
    createdAt: 'text',
    lastUsedAt: 'text',
    expiresAt: 'text',
  },
}

/**
 * All kinds, each after those that its records refer to. Backups, and copies to another database, have these and nothing else:
 * a new table of records must be here.
 */
export const RECORDS: readonly RecordKind<object>[] = [
  CLUSTER,
  NODE,
  ENROLMENT,
  RUN,
  EVENT,
  ADMINISTRATOR,
  ACCOUNT,
  API_TOKEN,
  USER_SESSION,
  AUDIT,
  KEPT_ANSWER,
] as RecordKind<never>[]
