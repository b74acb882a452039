import type { MachineKind } from '../../protocol/api/access.ts'

/*
 * What clients of the only port can take, in one place; sessions of agents have theirs in protocol/wire/session/limits.ts.
 * test/integration/controller-limits.test.ts shows each.
 */

/** Open connections of all clients. */
export const MAX_CONNECTIONS = 12_000

/**
 * Connections that the system holds until this process looks at them, if its own limit is not lower. A client whose connection
 * does not fit waits for a second or more, so a burst of one address must not fill it.
 */
export const BACKLOG = 4_096

/** New connections wait for their turn before any work for TLS is done. Addresses take turns. */
export const HANDSHAKES_PER_SECOND = 200
/** Handshakes that are begun at once: each takes 2 ms of this process, and all others wait meanwhile. */
export const HANDSHAKE_BURST = 20
/** Connections without a verified certificate: waiting, or in the handshake. */
export const PENDING_PER_ADDRESS = 500
export const PENDING = 4_000

/** Connections of one address that end because of a limit. Who goes on beyond them begins handshakes at the lower rate for a while. */
export const ENDED_PER_SECOND = 5
export const ENDED_BURST = 40
export const SLOWED_HANDSHAKES_PER_SECOND = 25
export const SLOWED_MS = 10_000

/** Connections of clients that have shown no certificate, and have not authenticated otherwise yet. They are pending too. */
export const ANONYMOUS = 1_000
/** How long one of them keeps its place when its address has too many; longer than the handshake inside a tunnel takes. */
export const ANONYMOUS_MS = 5_000

/** Requests of a connection that wait while another one of it is in work; they hold nothing but their headers. */
export const PIPELINED = 16

/** How long a client can take, in ms. */
export interface Timeouts {
  /** To authenticate. */
  handshakeTimeout: number
  headersTimeout: number
  requestTimeout: number
  keepAliveTimeout: number
  connectionsCheckingInterval: number
  /** Without a byte in either direction; longer than any answer takes. */
  idleTimeout: number
  /** During a download, without drained bytes. */
  downloadTimeout: number
}

export const TIMEOUTS: Timeouts = {
  handshakeTimeout: 10_000,
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
  idleTimeout: 300_000,
  downloadTimeout: 30_000,
}

/** An agent has three at a time. */
export const DOWNLOADS_PER_IDENTITY = 4
/** Machines that download the agent with the same join command, and how often for each of its nodes; both are for bad links. */
export const DOWNLOADS_PER_JOIN_COMMAND = 16
export const JOIN_COPIES_PER_NODE = 10
/** A further download takes the place of one that has not moved for so long: the node was cut off, and downloads again. */
export const STALLED_MS = 2_000
/** Less memory for each download, and a slow client drains one in time. */
export const DOWNLOAD_CHUNK_BYTES = 64 * 1024

/** Events of a page. One that is larger than a page is a page of its own. */
export const MAX_EVENTS = 500
export const PAGE_BYTES = 1024 * 1024

/** What an event stream holds for a client that reads slowly; more ends the stream. */
export const STREAM_BUFFER_BYTES = 1024 * 1024

/** What the holders of one identity can take together. */
export interface Share {
  connections: number
  requestsPerSecond: number
  requestBurst: number
  /** Requests that wait for a change; of an installer, for the approval of one machine. */
  waiting: number
}

/** All machines that install a node of a cluster share the identity of its installer: at most 1,000 wait for approval. */
export const SHARES: Record<MachineKind | 'user' | 'anonymous', Share> = {
  node: { connections: 32, requestsPerSecond: 50, requestBurst: 200, waiting: 4 },
  operator: { connections: 32, requestsPerSecond: 10, requestBurst: 50, waiting: 4 },
  user: { connections: 256, requestsPerSecond: 200, requestBurst: 1_000, waiting: 64 },
  enrol: { connections: 2_000, requestsPerSecond: 200, requestBurst: 2_000, waiting: 4 },
  /** All clients of one address that have not authenticated. */
  anonymous: { connections: 100, requestsPerSecond: 20, requestBurst: 200, waiting: 0 },
}

/**
 * Entries of the audit log that one person or program adds, and their bytes: a flood would push older entries out of it. A script that
 * approves all nodes of a large site has its turn at once.
 */
export const CHANGES_PER_SECOND = 2
export const CHANGE_BURST = 3_000
export const CHANGE_BYTES_PER_SECOND = 4 * 1024
export const CHANGE_BYTE_BURST = 16 * 1024 * 1024

/** Parts of archives that one identity sends at once. Each is held until it has arrived. */
export const UPLOADS_PER_IDENTITY = 4

/** Bodies of the requests of one identity: the largest report of an operator every 16 s. Each stops all others while it is read. */
export const BODY_BYTES_PER_SECOND = 512 * 1024
export const BODY_BYTE_BURST = 8 * 1024 * 1024
