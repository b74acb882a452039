import { createHash, X509Certificate } from 'node:crypto'
import { archivesOf } from '../../protocol/images/archives-of.ts'
import type { Account, Administrator, ApiToken, CredentialSet, UserSession } from '../domain/identities/record.ts'
import type { Cluster, ClusterImage, Enrolment, Node, Run } from '../domain/records.ts'

/**
 * What an entry says about a field. `value`: its value. `ignored`: a change of it is no change for the audit log: it follows from others,
 * or from what machines report. A function: what is recorded instead of the value, because that may contain a secret.
 * Each field of a record must be here, so a new one is in the audit log only if somebody has decided so.
 */
export type Treatment<T> = 'value' | 'ignored' | ((value: T) => unknown)
export type Treatments<T> = { readonly [Field in keyof T]-?: Treatment<T[Field]> }

export const CLUSTER_FIELDS: Treatments<Cluster> = {
  id: 'ignored',
  name: 'value',
  project: 'value',
  state: 'value',
  settings: ({ overrides, ...settings }) => ({ ...settings, overrides: sizesOf(overrides) }),
  desired: 'value',
  attempt: 'value',
  repairAttempt: 'ignored',
  desiredAt: 'ignored',
  readyAt: 'ignored',
  establishedAt: 'ignored',
  problems: 'ignored',
  endpoint: 'value',
  rules: 'value',
  report: 'ignored',
  reportAt: 'ignored',
  unknownSince: 'ignored',
  etcd: 'ignored',
  gone: 'ignored',
  upgrade: (upgrade) => upgrade && { to: upgrade.rounds.at(-1), state: upgrade.state },
  pairs: (pairs) => pairs && '(a report)',
  credentials: (sets) => sets.map(credentialsOf),
  operatorSince: 'ignored',
  accesses: (all) => all.map(({ isBound: _, ...access }) => access),
  images: (images) => images.map(imageOf),
  agentUpdate: (update) =>
    update && {
      ...{ version: update.version, paused: update.paused, attempt: update.attempt },
      ...(update.cancelled && { cancelled: true }),
    },
  error: 'ignored',
  createdAt: 'ignored',
}

export const NODE_FIELDS: Treatments<Node> = {
  id: 'ignored',
  clusterId: 'ignored',
  name: 'value',
  address: 'value',
  state: 'value',
  silent: 'ignored',
  leaving: 'value',
  place: 'ignored',
  rejoin: 'ignored',
  roles: 'value',
  interface: 'value',
  disks: 'value',
  labels: 'value',
  labelsDue: 'ignored',
  facts: 'ignored',
  machine: 'ignored',
  ruling: 'value',
  warnings: 'ignored',
  agentVersion: 'ignored',
  bootId: 'ignored',
  error: 'ignored',
  alarms: 'ignored',
  operatorKeys: 'value',
  attempt: 'ignored',
  generation: 'ignored',
  upSeq: 'ignored',
  downSeq: 'ignored',
  createdAt: 'ignored',
  approvedAt: 'ignored',
  configuredAt: 'ignored',
  lastSeen: 'ignored',
}

export const ENROLMENT_FIELDS: Treatments<Enrolment> = {
  fingerprint: 'value',
  nodeId: 'ignored',
  installer: 'ignored',
  publicKey: 'ignored',
  state: 'value',
  certificate: serialOf,
  next: (next) => next && { fingerprint: next.fingerprint, certificate: serialOf(next.certificate) },
  createdAt: 'ignored',
}

/** Of a run that restores etcd, or recovers it. */
export const RESTORE_FIELDS: Treatments<Run> = {
  id: 'ignored',
  nodeId: 'value',
  role: 'value',
  repair: 'ignored',
  generation: 'ignored',
  seq: 'ignored',
  payload: (payload) => (JSON.parse(payload) as { restore?: unknown }).restore,
  signature: 'ignored',
  state: 'ignored',
  acknowledged: 'ignored',
  cancel: 'ignored',
  progress: 'ignored',
  error: 'ignored',
  createdAt: 'ignored',
  expiresAt: 'ignored',
  endedAt: 'ignored',
}

export const ADMINISTRATOR_FIELDS: Treatments<Administrator> = {
  serial: 'value',
  name: 'value',
  createdAt: 'ignored',
  expiresAt: 'value',
  issuedBy: 'value',
  lastUsedAt: 'ignored',
  revokedAt: 'value',
  revokedBy: 'value',
}

export const ACCOUNT_FIELDS: Treatments<Account> = {
  name: 'value',
  // Another one is another text; nothing can be tried against it.
  password: (stored) => `(password ${createHash('sha256').update(stored).digest('hex').slice(0, 8)})`,
  grants: 'value',
  createdAt: 'ignored',
  createdBy: 'ignored',
  lastUsedAt: 'ignored',
  disabledAt: 'value',
}

export const API_TOKEN_FIELDS: Treatments<ApiToken> = {
  hash: 'ignored',
  name: 'value',
  grants: 'value',
  account: 'value',
  createdAt: 'ignored',
  expiresAt: 'value',
  issuedBy: 'value',
  lastUsedAt: 'ignored',
  revokedAt: 'value',
  revokedBy: 'value',
}

export const SESSION_FIELDS: Treatments<UserSession> = {
  hash: 'ignored',
  id: 'value',
  name: 'value',
  grants: 'value',
  holder: (holder) => holder && { kind: holder.kind, name: holder.name },
  isCode: 'value',
  madeBy: 'value',
  kind: 'value',
  address: 'value',
  createdAt: 'ignored',
  lastUsedAt: 'ignored',
  expiresAt: 'value',
}

/** Configuration of components: it can contain the password of a registry. */
function sizesOf(texts: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const given = Object.entries(texts).filter((each): each is [string, string] => each[1] !== undefined)
  return Object.fromEntries(given.map(([component, text]) => [component, `(${Buffer.byteLength(text)} bytes)`]))
}

function imageOf(image: ClusterImage) {
  const { name, pinned } = image
  return { name, pinned, digests: archivesOf(image).map(({ digest }) => digest) }
}

/** Without what changes with each node that enrols. */
function credentialsOf({ name, maxNodes, offer, revokedAt, revokedBy }: CredentialSet) {
  return { name, maxNodes, ...(offer && { fetchableUntil: offer.expiresAt }), revokedAt, revokedBy }
}

function serialOf(certificate: string | null): string | null {
  if (certificate === null) return null
  try {
    return `serial ${new X509Certificate(certificate).serialNumber}`
  } catch {
    return '(a certificate)'
  }
}
