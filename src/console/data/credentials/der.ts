/** DER, as much of it as a certificate request and an encrypted key are made of. */
type Bytes = Uint8Array<ArrayBuffer>

const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  nothing: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  sequence: 0x30,
  set: 0x31,
}
/** Tags of parts whose place says what they are begin here. */
const CONTEXT = 0xa0

export function joined(...parts: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

function element(tag: number, ...content: readonly Uint8Array[]): Bytes {
  const bytes = joined(...content)
  return joined(new Uint8Array([tag, ...lengthOf(bytes.length)]), bytes)
}

function lengthOf(length: number): number[] {
  return length < 0x80 ? [length] : [0x80 | bigEndian(length).length, ...bigEndian(length)]
}

function bigEndian(value: number): number[] {
  return value < 0x100 ? [value] : [...bigEndian(Math.floor(value / 0x100)), value % 0x100]
}

export const sequence = (...parts: readonly Uint8Array[]): Bytes => element(TAG.sequence, ...parts)
export const set = (...parts: readonly Uint8Array[]): Bytes => element(TAG.set, ...parts)
export const context = (number: number): Bytes => element(CONTEXT | number)
export const nothing = (): Bytes => element(TAG.nothing)
export const octetString = (bytes: Uint8Array): Bytes => element(TAG.octetString, bytes)
export const bitString = (bytes: Uint8Array): Bytes => element(TAG.bitString, new Uint8Array([0]), bytes)
export const utf8 = (text: string): Bytes => element(TAG.utf8, new TextEncoder().encode(text))

/** A whole number that is not negative. */
export function integer(value: number | Uint8Array): Bytes {
  const all = typeof value === 'number' ? bigEndian(value) : [...value]
  const first = all.findIndex((byte) => byte !== 0)
  const bytes = first < 0 ? [0] : all.slice(first)
  return element(TAG.integer, new Uint8Array((bytes[0] ?? 0) >= 0x80 ? [0, ...bytes] : bytes))
}

/** Of its text, e.g. `2.5.4.3`. */
export function oid(dotted: string): Bytes {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number)
  return element(TAG.oid, new Uint8Array([first * 40 + second, ...others].flatMap(base128)))
}

function base128(value: number): number[] {
  const digits = [value % 0x80]
  for (let rest = Math.floor(value / 0x80); rest > 0; rest = Math.floor(rest / 0x80))
    digits.unshift(0x80 | (rest % 0x80))
  return digits
}

/** Text with this label, as files have it. */
export function pem(label: string, der: Uint8Array): string {
  const lines = base64(der).match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

export const base64 = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
