import type { PiecesRequest, PiecesResponse } from '../../protocol/api/delivery/pieces.ts'

interface Asker {
  name: string
  certificate: { fingerprint256: string }
}

export interface Pieces {
  /** For the node's question which pieces it gets from where. Throws `bundle-file/unknown` for a bundle that is not here. */
  trade(asker: Asker, sha256: string, request: PiecesRequest): Promise<PiecesResponse>
}
