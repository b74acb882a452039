/** A strict reader of DER with definite lengths. Data to verify is not parsed by the library that builds DER. */
export interface Tlv {
  tag: number
  /** The whole element including its header: the exact bytes that a signature covers. */
  bytes: Buffer
  content: Buffer
}

export const Tag = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  printable: 0x13,
  sequence: 0x30,
  set: 0x31,
  context0: 0xa0,
} as const

class DerError extends Error {}

/** The only element in `bytes`. */
export function readDer(bytes: Buffer, tag: number): Tlv {
  const [element, ...others] = children(bytes)
  if (!element || others.length > 0) throw new DerError('expected one element')
  return expectTag(element, tag)
}

/** The consecutive elements in the content of a constructed element. */
export function children(content: Buffer): Tlv[] {
  const elements: Tlv[] = []
  for (let at = 0; at < content.length; ) {
    const element = readAt(content, at)
    elements.push(element)
    at += element.bytes.length
  }
  return elements
}

export function expectTag(element: Tlv | undefined, tag: number): Tlv {
  if (element?.tag !== tag) throw new DerError(`expected tag ${tag}, found ${element?.tag ?? 'nothing'}`)
  return element
}

export function readOid(element: Tlv | undefined): string {
  const { content } = expectTag(element, Tag.oid)
  const arcs: number[] = []
  let arc = 0
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f)
    if (arc > 0xffff_ffff) throw new DerError('an object identifier is too large')
    if (byte < 0x80) {
      arcs.push(arc)
      arc = 0
    }
  }
  const first = arcs.shift() ?? 0
  const root = Math.min(2, Math.floor(first / 40))
  return [root, first - root * 40, ...arcs].join('.')
}

/** A non-negative integer of at most 6 bytes. */
export function readSmallInteger(element: Tlv | undefined): number {
  const { content } = expectTag(element, Tag.integer)
  if (content.length === 0 || content.length > 6 || (content[0] ?? 0) >= 0x80)
    throw new DerError('expected a small integer')
  return content.readUIntBE(0, content.length)
}

/** A bit string of whole bytes. */
export function readBitString(element: Tlv | undefined): Buffer {
  const { content } = expectTag(element, Tag.bitString)
  if (content[0] !== 0) throw new DerError('expected a bit string of whole bytes')
  return content.subarray(1)
}

function readAt(bytes: Buffer, at: number): Tlv {
  const tag = bytes[at]
  const short = bytes[at + 1]
  if (tag === undefined || short === undefined || (tag & 0x1f) === 0x1f) throw new DerError('an element is truncated')
  const lengthBytes = short < 0x80 ? 0 : short - 0x80
  const start = at + 2 + lengthBytes
  if (short === 0x80 || lengthBytes > 3 || start > bytes.length) throw new DerError('a length is malformed')
  const length = lengthBytes === 0 ? short : bytes.readUIntBE(at + 2, lengthBytes)
  const isShortest = lengthBytes === 0 || (length >= 0x80 && length >= 256 ** (lengthBytes - 1))
  if (!isShortest || start + length > bytes.length) throw new DerError('a length is malformed')
  return { tag, bytes: bytes.subarray(at, start + length), content: bytes.subarray(start, start + length) }
}
