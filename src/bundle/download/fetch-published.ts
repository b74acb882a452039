import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { checksumsOf } from '../upstream/checksums.ts'
import type { UpstreamFile } from '../upstream/table.ts'
import { fetchBytes, fetchFile, fetchIfThere, type Transport } from './fetch-file.ts'
import { NotFetched } from './http.ts'
import type { LockedFile } from './lock.ts'
import type { Places } from './places.ts'
import { withAccess } from './registry-access.ts'
import type { Signatures } from './signatures/signatures.ts'

const MAX_FILE_BYTES = 2 * 1024 ** 3
/** Of a file with checksums, and of a signature. */
const MAX_CHECKSUM_BYTES = 1024 * 1024

interface Options {
  transport: Transport
  places: Places
  signatures: Signatures
  /** Has `HOST/PATH` of each file and of its checksum. */
  directory: string
  /** What the file must be. */
  locked?: LockedFile | undefined
}

/** Downloads a file that a project publishes, and its checksum. Throws NotFetched. */
export async function fetchPublished(
  file: UpstreamFile,
  options: Options,
): Promise<{ entry: LockedFile; paths: string[] }> {
  const { places, directory, locked, signatures } = options
  const transport = { ...options.transport, http: withAccess(options.transport) }
  const checksum = await fetchChecksum(file, { ...options, transport })
  const sha256 = locked?.sha256 ?? checksum?.sha256
  const { place, url, gives } = file
  const path = join(directory, place)
  const fetched = await fetchFile(transport, { url: places.file(place), path, maxBytes: MAX_FILE_BYTES, sha256 })
  const verifiedBy = checksum?.sha256 === fetched.sha256 ? [basename(checksum.place)] : []
  const beside = (at: string) => fetchIfThere(transport, { url: places.file(at), maxBytes: MAX_CHECKSUM_BYTES })
  const signed = await signatures.ofFile({ place, path, sha256: fetched.sha256, checksum, fetch: beside })
  const entry = { url, ...fetched, verifiedBy, signatures: signed, gives: gives.map((each) => each.path) }
  return { entry, paths: checksum === undefined ? [place] : [place, checksum.place] }
}

interface Checksum {
  place: string
  sha256: string
  content: Buffer
  path: string
}

/** Undefined if the project publishes none, or if a mirror has none of a file that is locked. */
async function fetchChecksum(
  { checksumUrl, place: of }: UpstreamFile,
  { transport, places, directory, locked }: Options,
): Promise<Checksum | undefined> {
  if (checksumUrl === undefined) return undefined
  const place = checksumUrl.replace('https://', '')
  const url = places.file(place)
  try {
    const bytes = await fetchBytes(transport, { url, maxBytes: MAX_CHECKSUM_BYTES })
    const found = checksumsOf(basename(of), basename(place), bytes.toString('utf8'))
    const sha256 = found.find(({ algorithm }) => algorithm === 'sha256')?.hex
    if (sha256 === undefined) throw new NotFetched('contains no checksum of it', 'permanent')
    const path = join(directory, place)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, bytes)
    return { place, sha256, content: bytes, path }
  } catch (error) {
    if (!(error instanceof NotFetched) || error.isUnanswered) throw error
    if (locked !== undefined) return undefined
    throw new NotFetched(`its checksum ${url} ${error.message}`, 'permanent', error)
  }
}
