import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cosignSignature } from '../../../../test/support/images/cosign-signature.ts'
import { newPgpSigner, type PgpSigner } from '../../../../test/support/pgp.ts'
import { sha256 } from '../../intake/hash.ts'
import { type Answer, type Http, NotFetched } from '../http.ts'
import { openSignatures } from './signatures.ts'

const CONTENT = 'the content of a file\n'
const SUM = sha256(CONTENT)
const PLACE = 'example.com/v1/tool.amd64'
const LINE = `${SUM}  tool.amd64\n`
const PAGE = '<!DOCTYPE html><title>404</title>'
const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString()

let scratch: string
let signer: PgpSigner
let other: PgpSigner
const cosign = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const anotherCosign = generateKeyPairSync('rsa', { modulusLength: 2048 })

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-signatures-'))
  signer = await newPgpSigner()
  other = await newPgpSigner()
  await writeFile(join(scratch, 'tool'), CONTENT)
})
afterAll(async () => {
  for (const each of [signer, other]) await each?.close()
  await rm(scratch, { recursive: true, force: true })
})

interface Given {
  pgp?: string
  cosign?: string
  /** The checksums, and what else the server has. */
  checksums?: string
  beside?: Readonly<Record<string, string>>
}

/** What is said of the file, or the message of its refusal. */
async function verdicts({
  pgp = signer.publicKey,
  cosign: key,
  checksums,
  beside = {},
}: Given): Promise<string[] | string> {
  const keys = { pgp: new Map(pgp === '' ? [] : [['key.asc', pgp]]), cosign: new Map(key ? [['cosign.pub', key]] : []) }
  const signatures = await openSignatures(keys, await mkdtemp(join(scratch, 'work-')))
  const content = Buffer.from(checksums ?? '')
  const path = join(scratch, 'checksums')
  await writeFile(path, content)
  const checksum = checksums === undefined ? undefined : { place: 'example.com/v1/SHA256SUMS', content, path }
  const fetch = async (place: string) => (beside[place] === undefined ? undefined : Buffer.from(beside[place]))
  const judged = signatures.ofFile({ place: PLACE, path: join(scratch, 'tool'), sha256: SUM, checksum, fetch })
  return judged.catch((error: unknown) => {
    expect(error).toBeInstanceOf(NotFetched)
    return (error as Error).message
  })
}

const SUMS = 'example.com/v1/SHA256SUMS.asc'

test('a PGP signature is found in the checksums, beside them, or beside the file', async () => {
  const verified = [`verified by PGP key ${signer.fingerprint}`]
  expect(await verdicts({ checksums: await signer.clear(LINE) })).toEqual(verified)
  expect(await verdicts({ checksums: LINE, beside: { [SUMS]: await signer.detached(LINE) } })).toEqual(verified)
  expect(await verdicts({ beside: { [`${PLACE}.asc`]: await signer.detached(CONTENT) } })).toEqual(verified)
  const both = { pgp: `${other.publicKey}\n${signer.publicKey}`, checksums: await signer.clear(LINE) }
  expect(await verdicts(both)).toEqual(verified)
})

test('what nobody signed, or another key, is told as such', async () => {
  expect(await verdicts({ pgp: '' })).toEqual(['not checked'])
  expect(await verdicts({ checksums: LINE, beside: { [SUMS]: PAGE } })).toEqual(['no PGP signature'])
  expect(await verdicts({ checksums: await other.clear(LINE) })).toEqual([
    `not checked: signed by another key (${other.fingerprint.slice(-16)})`,
  ])
  const files = { [`${PLACE}.asc`]: await other.detached(CONTENT) }
  expect(await verdicts({ beside: files, checksums: await signer.clear(LINE) })).toEqual([
    `verified by PGP key ${signer.fingerprint}`,
  ])
})

test('a key that has expired does not count', async () => {
  const expired = await newPgpSigner({ expires: '2020-02-01', faked: '20200101T000000' })
  try {
    const found = await verdicts({ pgp: expired.publicKey, checksums: await expired.clear(LINE) })
    expect(found).toEqual([expect.stringMatching(/^not checked: the key has expired \([0-9A-F]{16}\)$/)])
  } finally {
    await expired.close()
  }
})

test('a wrong signature is refused, wherever it is', async () => {
  const wrong = 'has a wrong signature: it was made of another content'
  const signed = await signer.clear(`${'0'.repeat(64)}  tool.amd64\n`)
  expect(await verdicts({ checksums: signed.replace('0'.repeat(64), SUM) })).toBe(wrong)
  expect(await verdicts({ beside: { [`${PLACE}.asc`]: await signer.detached('other') } })).toBe(wrong)
  expect(await verdicts({ checksums: LINE, beside: { [SUMS]: await signer.detached('other') } })).toBe(wrong)
})

test('checksums that are not signed do not count, although others in the same file are', async () => {
  const signed = await signer.clear(`${'0'.repeat(64)}  other.amd64\n`)
  for (const text of [`${signed}\n${LINE}`, signed]) {
    expect(await verdicts({ checksums: text })).toBe('is not in what SHA256SUMS signs')
  }
  const twice = `${signed}\n${await other.clear(LINE)}`
  expect(await verdicts({ checksums: twice })).toBe('has more than one part that is signed')
  expect(await verdicts({ checksums: `${LINE}${signed}` })).toEqual(['no PGP signature'])
})

test('a signature of cosign beside the file counts if it is of the key', async () => {
  const key = pem(cosign.publicKey)
  const of = (signed: KeyObject, content = CONTENT) => sign('sha256', Buffer.from(content), signed).toString('base64')
  const judge = (sig: string | undefined, cert?: string, given = key) =>
    verdicts({
      ...{ pgp: '', cosign: given },
      beside: {
        ...(sig !== undefined && { [`${PLACE}.sig`]: sig }),
        ...(cert !== undefined && { [`${PLACE}.cert`]: cert }),
      },
    })
  const id = sha256(cosign.publicKey.export({ type: 'spki', format: 'der' }))
  expect(await judge(of(cosign.privateKey))).toEqual([`verified by cosign key ${id}`])
  expect(await judge(of(anotherCosign.privateKey), undefined, pem(anotherCosign.publicKey))).toEqual([
    expect.stringMatching(/^verified by cosign key [0-9a-f]{64}$/),
  ])
  expect(await judge(undefined)).toEqual(['no cosign signature'])
  expect(await judge(PAGE)).toEqual(['no cosign signature'])
  for (const wrong of [of(anotherCosign.privateKey), of(cosign.privateKey, 'other')]) {
    expect(await judge(wrong)).toBe('is signed, but not with a key of --cosign-key')
    expect(await judge(wrong, 'certificate')).toEqual([
      expect.stringContaining('not checked: signed with a certificate'),
    ])
  }
})

const REPOSITORY = 'https://registry.example/v2/tool'
const DIGEST = `sha256:${sha256('image')}`

/** What is said of an image with this signature. */
async function imageVerdict(signature?: ReturnType<typeof cosignSignature>): Promise<string[]> {
  const files = new Map<string, string>()
  if (signature !== undefined) {
    files.set(`${REPOSITORY}/manifests/${signature.tag}`, signature.manifest)
    for (const blob of signature.blobs) files.set(`${REPOSITORY}/blobs/sha256:${sha256(blob)}`, blob)
  }
  const http: Http = {
    async get(url) {
      const text = files.get(url)
      const body = (async function* () {
        yield Buffer.from(text ?? '')
      })()
      const answer: Answer = {
        url,
        status: text === undefined ? 404 : 200,
        headers: {},
        body,
        drop: async () => undefined,
      }
      return answer
    },
  }
  const clock = { now: () => new Date(0), sleep: () => Promise.resolve() }
  const keys = { pgp: new Map<string, string>(), cosign: new Map([['cosign.pub', pem(cosign.publicKey)]]) }
  const signatures = await openSignatures(keys, scratch)
  return signatures.ofImage({ transport: { http, clock }, repository: REPOSITORY, digest: DIGEST })
}

test('a signature of an image is found by the digest, and names it', async () => {
  const key = cosign.privateKey
  expect(await imageVerdict()).toEqual(['no cosign signature'])
  expect(await imageVerdict(cosignSignature({ digest: DIGEST, key }))).toEqual([
    expect.stringMatching(/^verified by cosign key [0-9a-f]{64}$/),
  ])
  const certificate = '-----BEGIN CERTIFICATE-----'
  expect(await imageVerdict(cosignSignature({ digest: DIGEST, key, certificate }))).toEqual([
    expect.stringContaining('not checked: signed with a certificate'),
  ])
  const signs = `sha256:${sha256('another image')}`
  for (const wrong of [
    { digest: DIGEST, key, signs },
    { digest: DIGEST, key: anotherCosign.privateKey },
  ]) {
    await expect(imageVerdict(cosignSignature(wrong))).rejects.toThrow('is signed, but not with a key of --cosign-key')
  }
})

test.each([
  ['pgp', 'text', 'found no PGP public key in key'],
  ['pgp', '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n-----END PGP PUBLIC KEY BLOCK-----\n', 'found no PGP public key'],
  ['cosign', 'text', 'found no public key of cosign in key'],
  ['cosign', pem(generateKeyPairSync('ed25519').publicKey), 'wanted PEM of an ECDSA key on P-256'],
  ['cosign', cosign.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 'found no public key of cosign'],
])('a file that is no key of %s is refused (%#)', async (kind, text, message) => {
  const keys = { pgp: new Map<string, string>(), cosign: new Map<string, string>(), [kind]: new Map([['key', text]]) }
  await expect(openSignatures(keys, scratch)).rejects.toMatchObject({
    ...{ code: 'bundle/bad-key', kind: 'invalid' },
    message: expect.stringContaining(message),
  })
})
