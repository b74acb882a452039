import type { asn1 as Asn1 } from 'node-forge'
import asn1 from 'node-forge/lib/asn1.js'

const { Class, Type } = asn1
export type Node = Asn1.Asn1

const binary = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

export function toDer(node: Node): Buffer {
  return Buffer.from(asn1.toDer(node).getBytes(), 'latin1')
}

type Decode = (der: string, options: { strict: boolean; decodeBitStrings: boolean }) => Node

/** Adds an existing DER element to one that is being built. */
export function embed(der: Uint8Array): Node {
  // With the default, forge would decode and re-encode a public key. The type declarations lack the option.
  const decode = asn1.fromDer as unknown as Decode
  return decode(binary(der), { strict: true, decodeBitStrings: false })
}

export const sequence = (...nodes: Node[]) => asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, nodes)
const set = (...nodes: Node[]) => asn1.create(Class.UNIVERSAL, Type.SET, true, nodes)
export const oid = (dotted: string) => asn1.create(Class.UNIVERSAL, Type.OID, false, asn1.oidToDer(dotted).getBytes())
const utf8 = (text: string) => asn1.create(Class.UNIVERSAL, Type.UTF8, false, binary(Buffer.from(text, 'utf8')))
export const boolean = (value: boolean) => asn1.create(Class.UNIVERSAL, Type.BOOLEAN, false, value ? '\xff' : '\0')
export const nothing = () => asn1.create(Class.UNIVERSAL, Type.NULL, false, '')
export const octetString = (bytes: Uint8Array) => asn1.create(Class.UNIVERSAL, Type.OCTETSTRING, false, binary(bytes))

export function bitString(bytes: Uint8Array, unusedBits = 0): Node {
  return asn1.create(Class.UNIVERSAL, Type.BITSTRING, false, String.fromCharCode(unusedBits) + binary(bytes))
}

/** A non-negative integer, big-endian. */
export function integer(value: number | Uint8Array): Node {
  if (typeof value === 'number') {
    return asn1.create(Class.UNIVERSAL, Type.INTEGER, false, asn1.integerToDer(value).getBytes())
  }
  const isNegative = ((value[0] ?? 0) & 0x80) !== 0
  return asn1.create(Class.UNIVERSAL, Type.INTEGER, false, (isNegative ? '\0' : '') + binary(value))
}

export function context(tag: number, content: Node[] | Uint8Array): Node {
  const isConstructed = Array.isArray(content)
  return asn1.create(Class.CONTEXT_SPECIFIC, tag as Asn1.Type, isConstructed, isConstructed ? content : binary(content))
}

/** RFC 5280: UTCTime up to 2049, GeneralizedTime from 2050. */
export function time(date: Date): Node {
  return date.getUTCFullYear() < 2050
    ? asn1.create(Class.UNIVERSAL, Type.UTCTIME, false, asn1.dateToUtcTime(date))
    : asn1.create(Class.UNIVERSAL, Type.GENERALIZEDTIME, false, asn1.dateToGeneralizedTime(date))
}

/** Distinguished name: the organization, if there is one, then the common name. */
export function name(commonName: string, organization?: string): Node {
  const attribute = (type: string, value: string) => set(sequence(oid(type), utf8(value)))
  return sequence(...(organization ? [attribute('2.5.4.10', organization)] : []), attribute('2.5.4.3', commonName))
}

export const ecdsaWithSha256 = () => sequence(oid('1.2.840.10045.4.3.2'))
