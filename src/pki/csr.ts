import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { AgentError } from '../base/agent-error.ts'
import { bitString, context, ecdsaWithSha256, embed, integer, name, sequence, toDer } from './der-builder.ts'
import { children, expectTag, readBitString, readDer, readOid, readSmallInteger, Tag, type Tlv } from './der-reader.ts'
import { isP256, spki } from './key.ts'
import { readOnePem, toPem } from './pem.ts'

const LABEL = 'CERTIFICATE REQUEST'
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2'

/** PKCS#10 in PEM. The signer sets subject and extensions regardless of the request. */
export function buildCsr(privateKey: KeyObject, commonName: string): string {
  const key = spki(createPublicKey(privateKey))
  const info = sequence(integer(0), name(commonName), embed(key), context(0, []))
  const signature = sign('sha256', toDer(info), privateKey)
  return toPem(LABEL, toDer(sequence(info, ecdsaWithSha256(), bitString(signature))))
}

/**
 * The name that a person has in a cluster, with one key: `cantrip:PERSON:` and 16 digits of the key's SHA-256 sum. Kubernetes
 * cannot revoke a certificate, but a name whose permissions were withdrawn is never given to another key.
 */
export function clusterUser(person: string, publicKey: KeyObject): string {
  return `cantrip:${person}:${createHash('sha256').update(spki(publicKey)).digest('hex').slice(0, 16)}`
}

/**
 * The public key of the request, and its common name if it asks for nothing else: no other part of a subject, no extension.
 * Throws `csr/invalid` unless it is a P-256 key and signed the request.
 */
export function readCsr(pem: string): { publicKey: KeyObject; onlyName: string | undefined } {
  const { info, key, signature, onlyName } = parse(pem)
  const publicKey = attempt(() => createPublicKey({ key, type: 'spki', format: 'der' }))
  if (!isP256(publicKey)) throw invalid('a key other than P-256')
  if (!verify('sha256', info, publicKey, signature)) throw invalid('a signature that the key did not make')
  return { publicKey, onlyName }
}

function parse(pem: string) {
  const der = readOnePem(pem, LABEL)
  return attempt(() => {
    const [info, algorithm, signature] = children(readDer(der, Tag.sequence).content)
    const fields = children(expectTag(info, Tag.sequence).content)
    if (readSmallInteger(fields[0]) !== 0) throw new Error('version')
    if (readOid(children(expectTag(algorithm, Tag.sequence).content)[0]) !== ECDSA_WITH_SHA256)
      throw new Error('algorithm')
    return {
      info: expectTag(info, Tag.sequence).bytes,
      key: expectTag(fields[2], Tag.sequence).bytes,
      signature: readBitString(signature),
      onlyName: isEmpty(fields[3]) && fields.length === 4 ? onlyNameIn(fields[1]) : undefined,
    }
  })
}

const COMMON_NAME = '2.5.4.3'

/** The attributes, which are optional in practice: extensions would be among them. */
const isEmpty = (attributes: Tlv | undefined) => attributes?.tag === Tag.context0 && attributes.content.length === 0

/** The common name of a subject that has no other part. */
function onlyNameIn(subject: Tlv | undefined): string | undefined {
  const [part, ...others] = children(expectTag(subject, Tag.sequence).content)
  if (part === undefined || others.length > 0) return undefined
  const [attribute, ...further] = children(expectTag(part, Tag.set).content)
  const [type, value] = children(expectTag(attribute, Tag.sequence).content)
  if (further.length > 0 || readOid(type) !== COMMON_NAME) return undefined
  return value?.tag === Tag.utf8 || value?.tag === Tag.printable ? value.content.toString('utf8') : undefined
}

function attempt<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw invalid('something that is not a certificate request', cause)
  }
}

function invalid(found: string, cause?: unknown): AgentError {
  return new AgentError(
    'csr/invalid',
    `found ${found}; a certificate request signed by its own P-256 key is required`,
    {
      fix: 'enrol again with a fresh key',
      kind: 'refused',
      cause,
    },
  )
}
