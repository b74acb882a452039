import { createHash, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { addressBytes } from '../base/net/address.ts'
import {
  bitString,
  boolean,
  context,
  ecdsaWithSha256,
  embed,
  integer,
  type Node,
  name,
  octetString,
  oid,
  sequence,
  time,
  toDer,
} from './der-builder.ts'
import { children, expectTag, readBitString, readDer, Tag } from './der-reader.ts'
import { createKeyPair, spki } from './key.ts'
import { toPem } from './pem.ts'

export interface Ca {
  /** PEM. */
  certificate: string
  key: KeyObject
}

export interface CertificateOrder {
  ca: Ca
  publicKey: KeyObject
  commonName: string
  organization?: string
  dnsNames?: readonly string[]
  ipAddresses?: readonly string[]
  /** Exactly these extended key usages. */
  usages: readonly ('clientAuth' | 'serverAuth')[]
  notBefore: Date
  /** Days of validity from notBefore. */
  days: number
  /** From 1: its place among the certificates of one client; see numberOf. */
  number?: number | undefined
}

const USAGE = { serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2' } as const
const DAY_MS = 86_400_000
/** The clock of a node can be behind by this. */
export const BACKDATE_MS = 600_000

/** A self-signed CA that can only sign end-entity certificates. */
export function createCa(order: { commonName: string; days: number; now: Date }): Ca {
  const { privateKey, publicKey } = createKeyPair()
  const subject = name(order.commonName)
  const notBefore = new Date(order.now.getTime() - BACKDATE_MS)
  const extensions = [
    extension('2.5.29.19', true, sequence(boolean(true), integer(0))),
    extension('2.5.29.15', true, bitString(Buffer.from([0b0000_0110]), 1)),
    extension('2.5.29.14', false, octetString(keyIdentifier(publicKey))),
    extension('2.5.29.35', false, sequence(context(0, keyIdentifier(publicKey)))),
  ]
  const fields = { issuer: subject, subject, publicKey, notBefore, days: order.days, extensions }
  return { certificate: signCertificate(fields, privateKey), key: privateKey }
}

/** An end-entity certificate for a client or a server, in PEM. */
export function issueCertificate(order: CertificateOrder): string {
  const ca = new X509Certificate(order.ca.certificate)
  const extensions = [
    extension('2.5.29.19', true, sequence()),
    extension('2.5.29.15', true, bitString(Buffer.from([0b1000_0000]), 7)),
    extension('2.5.29.37', false, sequence(...order.usages.map((usage) => oid(USAGE[usage])))),
    extension('2.5.29.14', false, octetString(keyIdentifier(order.publicKey))),
    extension('2.5.29.35', false, sequence(context(0, keyIdentifier(ca.publicKey)))),
    ...alternativeNames(order.dnsNames ?? [], order.ipAddresses ?? []),
  ]
  return signCertificate(
    {
      issuer: embed(subjectOf(ca)),
      subject: name(order.commonName, order.organization),
      publicKey: order.publicKey,
      notBefore: order.notBefore,
      days: order.days,
      number: order.number,
      extensions,
    },
    order.ca.key,
  )
}

interface Fields {
  issuer: Node
  subject: Node
  publicKey: KeyObject
  notBefore: Date
  days: number
  number?: number | undefined
  extensions: Node[]
}

function signCertificate(fields: Fields, key: KeyObject): string {
  const notAfter = new Date(fields.notBefore.getTime() + fields.days * DAY_MS)
  const body = sequence(
    context(0, [integer(2)]),
    integer(serialNumber(fields.number)),
    ecdsaWithSha256(),
    fields.issuer,
    sequence(time(fields.notBefore), time(notAfter)),
    fields.subject,
    embed(spki(fields.publicKey)),
    context(3, [sequence(...fields.extensions)]),
  )
  const signature = sign('sha256', toDer(body), key)
  return toPem('CERTIFICATE', toDer(sequence(body, ecdsaWithSha256(), bitString(signature))))
}

/** The first byte of a serial number. It keeps the number positive, and its length constant. */
const [UNNUMBERED, NUMBERED] = [1, 2]

/** 128 random bits after the first byte, or a number and 96 random bits. */
function serialNumber(number?: number): Buffer {
  if (number === undefined) return Buffer.concat([Buffer.from([UNNUMBERED]), randomBytes(16)])
  const counted = Buffer.alloc(5)
  counted[0] = NUMBERED
  counted.writeUInt32BE(number, 1)
  return Buffer.concat([counted, randomBytes(12)])
}

/** With which number a certificate was issued; 0 if it has none. */
export function numberOf({ serialNumber: hex }: Pick<X509Certificate, 'serialNumber'>): number {
  const bytes = Buffer.from(hex.padStart(34, '0'), 'hex')
  return bytes.length === 17 && bytes[0] === NUMBERED ? bytes.readUInt32BE(1) : 0
}

function extension(id: string, critical: boolean, value: Node): Node {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(toDer(value)))
}

function alternativeNames(dnsNames: readonly string[], ipAddresses: readonly string[]): Node[] {
  const names = [
    ...dnsNames.map((dnsName) => context(2, Buffer.from(dnsName, 'ascii'))),
    ...ipAddresses.filter((address) => isIP(address) !== 0).map((address) => context(7, addressBytes(address))),
  ]
  return names.length === 0 ? [] : [extension('2.5.29.17', false, sequence(...names))]
}

/** RFC 7093 method 1: the first 160 bits of the SHA-256 of the public key's bits. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  const [, key] = children(readDer(spki(publicKey), Tag.sequence).content)
  return createHash('sha256').update(readBitString(key)).digest().subarray(0, 20)
}

function subjectOf(certificate: X509Certificate): Buffer {
  const [body] = children(readDer(certificate.raw, Tag.sequence).content)
  return expectTag(children(expectTag(body, Tag.sequence).content)[5], Tag.sequence).bytes
}
