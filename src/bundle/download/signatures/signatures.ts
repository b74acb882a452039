import { createReadStream } from 'node:fs'
import { basename, join } from 'node:path'
import { checksumsOf } from '../../upstream/checksums.ts'
import { NotFetched } from '../http.ts'
import { type CosignKey, cosignKeyOf, type SignedImage, signatureBytes, signerOf, signerOfImage } from './cosign.ts'
import { isClear, isDetached, type Judged, keyringOf, openPgp, type Pgp } from './pgp.ts'

/** Whose signatures count: the texts of files with public keys, by path. */
export interface SignatureKeys {
  pgp: ReadonlyMap<string, string>
  cosign: ReadonlyMap<string, string>
}

export interface FileToJudge {
  /** `HOST/PATH` */
  place: string
  /** Where the downloaded file is. */
  path: string
  sha256: string
  checksum?: { place: string; content: Buffer; path: string } | undefined
  /** The content at another place of the same server; undefined if there is none. */
  fetch(place: string): Promise<Buffer | undefined>
}

/** Says for people who review a lock whether a file or image is signed, and by whom. Throws NotFetched for a wrong signature. */
export interface Signatures {
  ofFile(file: FileToJudge): Promise<string[]>
  ofImage(image: SignedImage): Promise<string[]>
}

/** There is no key for it. */
export const NOT_CHECKED = 'not checked'
const KEYLESS = `${NOT_CHECKED}: signed with a certificate of cosign, and not with a key`

/** `scratch`: a directory for files that are needed meanwhile. Throws `bundle/bad-key` or `bundle/no-tool`. */
export async function openSignatures({ pgp, cosign }: SignatureKeys, scratch: string): Promise<Signatures> {
  const keyrings = [...pgp].map(([path, text]) => keyringOf(text, path))
  const keys = [...cosign].map(([path, text]) => cosignKeyOf(text, path))
  const gpgv = keyrings.length === 0 ? undefined : await openPgp(keyrings, join(scratch, 'gpgv'))
  return {
    async ofFile(file) {
      const verdicts = [
        ...(gpgv === undefined ? [] : [await pgpVerdict(gpgv, file)]),
        ...(keys.length === 0 ? [] : [await cosignVerdict(keys, file)]),
      ]
      return verdicts.length === 0 ? [NOT_CHECKED] : verdicts
    },
    async ofImage(image) {
      if (keys.length === 0) return [NOT_CHECKED]
      const signer = await signerOfImage(keys, image)
      if (signer === 'keyless') return [KEYLESS]
      return [signer === undefined ? 'no cosign signature' : verifiedBy(signer)]
    },
  }
}

const verifiedBy = ({ id }: CosignKey) => `verified by cosign key ${id}`

/** A signature of the file, or of its checksums: in them, or beside them. */
async function pgpVerdict(gpgv: Pgp, { place, path, sha256, checksum, fetch }: FileToJudge): Promise<string> {
  const isIn = (text: string) =>
    checksum !== undefined &&
    checksumsOf(basename(place), basename(checksum.place), text).some(({ hex }) => hex === sha256)
  const found: Judged[] = []
  const own = await fetch(`${place}.asc`)
  if (own && isDetached(own)) found.push(await gpgv.detached(path, own))
  if (checksum !== undefined && isClear(checksum.content)) {
    const { text, ...judged } = await gpgv.clear(checksum.content)
    if ('by' in judged && !isIn(text))
      throw new NotFetched(`is not in what ${basename(checksum.place)} signs`, 'permanent')
    found.push(judged)
  } else if (checksum !== undefined && isIn(checksum.content.toString('utf8'))) {
    const beside = await fetch(`${checksum.place}.asc`)
    if (beside && isDetached(beside)) found.push(await gpgv.detached(checksum.path, beside))
  }
  const signer = found.find((each) => 'by' in each)
  if (signer !== undefined) return `verified by PGP key ${signer.by}`
  const [unknown] = found.flatMap((each) => ('unknown' in each ? [each.unknown] : []))
  return unknown === undefined ? 'no PGP signature' : `${NOT_CHECKED}: ${unknown}`
}

async function cosignVerdict(keys: readonly CosignKey[], { place, path, fetch }: FileToJudge): Promise<string> {
  const signature = signatureBytes((await fetch(`${place}.sig`))?.toString('latin1'))
  if (signature === undefined) return 'no cosign signature'
  const signer = await signerOf(keys, createReadStream(path, { highWaterMark: 1024 * 1024 }), signature)
  if (signer !== undefined) return verifiedBy(signer)
  const certificate = await fetch(`${place}.cert`)
  if (certificate === undefined) throw new NotFetched('is signed, but not with a key of --cosign-key', 'permanent')
  return KEYLESS
}
