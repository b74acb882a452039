import type { BundleFile } from '../format.ts'

/** A file of a bundle with its content. */
export type OpenFile = Pick<BundleFile, 'role' | 'name' | 'path'> & { bytes(): AsyncIterable<Uint8Array> }
