import * as schemas from '../domain/record-schemas.ts'
import type {
  Account,
  Administrator,
  ApiToken,
  AuditRecord,
  Cluster,
  Enrolment,
  KeptAnswer,
  Node,
  Run,
  StoredEvent,
  UserSession,
} from '../domain/records.ts'

/** The type of a field in its column, whose name is the name of the field in snake_case. */
export type Kind = 'text' | 'integer' | 'boolean' | 'json'
type Columns<T> = { readonly [field in keyof T]-?: Kind }
export type Value = string | number | bigint | null

export type Row = Record<string, unknown>

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
    gone: 'json',
    rules: 'json',
    pairs: 'json',
    upgrade: 'json',
    credentials: 'json',
    accesses: 'json',
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
    roles: 'json',
    interface: 'text',
    disks: 'json',
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

/** The columns of the given fields, with their values. */
export function toRow<T>({ columns }: RecordKind<T>, record: Partial<T>): Record<string, Value> {
  const fields = Object.keys(columns) as (keyof T & string)[]
  const given = fields.filter((field) => record[field] !== undefined)
  return Object.fromEntries(given.map((field) => [columnOf(field), toValue(columns[field], record[field])]))
}

/** The record of a row, with defaults for missing fields. Throws if the row is invalid. */
export function fromRow<T>({ columns, parse }: RecordKind<T>, row: Row): T {
  const fields = Object.keys(columns) as (keyof T & string)[]
  return parse(Object.fromEntries(fields.map((field) => [field, fromValue(columns[field], row[columnOf(field)])])))
}

const COLUMN_NAMES = new Map(
  RECORDS.flatMap(({ columns }) =>
    Object.keys(columns).map(
      (field) => [field, field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] as const,
    ),
  ),
)

export function columnOf(field: string): string {
  const name = COLUMN_NAMES.get(field)
  if (name === undefined) throw new Error(`no record has a field ${field}`)
  return name
}

/**
 * Replaces what a text column cannot hold: NUL in PostgreSQL, and lone surrogates in UTF-8. JSON has escapes for both, and
 * needs no replacement.
 */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}

function toValue(kind: Kind, value: unknown): Value {
  if (value === null) return null
  if (kind === 'text') return storable(String(value))
  if (kind === 'json') return JSON.stringify(value)
  if (kind === 'boolean') return value ? 1 : 0
  return value as number
}

/** Numbers of PostgreSQL arrive as texts, because bigint exceeds the range of JavaScript's numbers. */
function fromValue(kind: Kind, value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (kind === 'json') return JSON.parse(String(value))
  if (kind === 'boolean') return Number(value) === 1
  return kind === 'integer' ? Number(value) : value
}
