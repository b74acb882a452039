import * as z from 'zod/mini'
import { IpAddress, NodeId } from '../../names.ts'
import { Signed } from '../../wire/signed.ts'
import type { Route } from '../route.ts'

/*
 * Pieces of a bundle, which nodes of a cluster hand on to each other while they download it. The controller tracks who has which, and
 * says where a node gets the next ones.
 */

/** The port on which a node hands on pieces. */
export const PIECE_PORT = 7444
/** No bundle of less than 32 GiB has more; see pieceBytes in src/controller/pieces/list.ts. */
export const MAX_PIECES = 4_096
export const MAX_PIECE_BYTES = 16 * 1024 * 1024
/** Uploads of a node at the same time. */
export const UPLOADS = 4

const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/))
const Piece = z.int().check(z.nonnegative(), z.maximum(MAX_PIECES - 1))
/** SHA-256 of a certificate, as Node.js writes it. */
const Fingerprint = z.string().check(z.regex(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/))

/**
 * What the controller sends for the files of a bundle, in pieces. They are numbered through all files. The sums are for choosing between
 * peers: what counts for a node is the sum of the file in the signed manifest.
 */
export const PieceList = z.strictObject({
  /** SHA-256 of the rest. Copies of another controller can differ. */
  id: sha256,
  pieceBytes: z.int().check(z.minimum(1), z.maximum(MAX_PIECE_BYTES)),
  files: z
    .array(
      z.strictObject({
        path: z.string().check(z.maxLength(200)),
        encoding: z.enum(['identity', 'zstd']),
        /** Bytes in this encoding. */
        size: z.int().check(z.nonnegative()),
        sha256: z.array(sha256).check(z.maxLength(MAX_PIECES)),
      }),
    )
    .check(z.maxLength(500)),
})

/** What a node shows to the peer from which it wants pieces. Signed like an instruction. */
export const PieceTicket = z.strictObject({
  ticket: z.literal('pieces'),
  /** The node that hands on the pieces. */
  node: NodeId,
  expiresAt: z.iso.datetime(),
  /** SHA-256 of the manifest. */
  bundle: sha256,
  /** The certificate of the node that gets them. */
  asker: Fingerprint,
})

const FailedPiece = z.strictObject({
  piece: Piece,
  node: NodeId,
  /** `wrong`: what it sent has another sum. `busy`: it has too many uploads. */
  why: z.enum(['wrong', 'busy', 'unreachable']),
})

export const PiecesRequest = z.strictObject({
  /** The list that the node knows. */
  list: z.optional(sha256),
  /** On which it hands on pieces; absent while it does not. No other port: peers connect to what the controller tells them. */
  port: z.optional(z.literal(PIECE_PORT)),
  have: z.array(Piece).check(z.maxLength(MAX_PIECES)),
  /** Those that it needs first, without those that it is getting. */
  want: z.array(Piece).check(z.maxLength(64)),
  /** How many it can begin to get. */
  free: z.int().check(z.nonnegative(), z.maximum(8)),
  failed: z._default(z.array(FailedPiece).check(z.maxLength(16)), []),
})

/** Where to get a piece. */
export const PieceSource = z.strictObject({
  piece: Piece,
  /** Absent: from the controller. */
  from: z.optional(
    z.strictObject({
      node: NodeId,
      name: z.string().check(z.maxLength(253)),
      address: IpAddress,
      port: z.int().check(z.minimum(1), z.maximum(65_535)),
      fingerprint: Fingerprint,
      ticket: Signed,
    }),
  ),
})

export const PiecesResponse = z.strictObject({
  /** Absent: nodes of this cluster hand on nothing now. */
  uploads: z.optional(z.strictObject({ bytesPerSecond: z.optional(z.number().check(z.minimum(1))) })),
  /** If it is another one than that of the request; the rest is for the next request then. */
  list: z.optional(PieceList),
  take: z.array(PieceSource).check(z.maxLength(8)),
  /** Other nodes that download the bundle: without one there is nobody to hand on to. */
  peers: z.int().check(z.nonnegative()),
  /** When to ask again if nothing has changed. */
  againMs: z.int().check(z.minimum(10), z.maximum(60_000)),
})

export type PieceList = z.infer<typeof PieceList>
export type PieceTicket = z.infer<typeof PieceTicket>
export type FailedPiece = z.infer<typeof FailedPiece>
export type PieceSource = z.infer<typeof PieceSource>
export type PiecesRequest = z.infer<typeof PiecesRequest>
export type PiecesResponse = z.infer<typeof PiecesResponse>

export const pieceRoutes = {
  tradePieces: {
    method: 'POST',
    path: '/v1/node/pieces/{sha256}',
    access: ['node'],
    summary:
      'Says which pieces of a bundle the node has and wants; returns from which nodes of its cluster it gets them',
    params: z.object({ sha256 }),
    body: PiecesRequest,
    answer: PiecesResponse,
    errors: ['bundle-file/unknown'],
  },
} as const satisfies Record<string, Route>
