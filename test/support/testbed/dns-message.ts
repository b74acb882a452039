/** The parts of RFC 1035 that a DNS server for a few names needs. */

const TYPE_A = 1
const CLASS_IN = 1
const NAME_ERROR = 3
const HEADER_BYTES = 12
const TTL_SECONDS = 5

interface Question {
  name: string
  type: number
  /** The question section, for the answer. */
  bytes: Buffer
}

/**
 * The answer to one query: the address of a known name, no data for its other types, NXDOMAIN for any other name.
 * Undefined unless the message is a query with one question.
 */
export function answer(query: Buffer, addresses: ReadonlyMap<string, string>): Buffer | undefined {
  const question = readQuestion(query)
  if (question === undefined) return undefined
  const address = addresses.get(question.name)
  const record = address !== undefined && question.type === TYPE_A ? addressRecord(address) : Buffer.alloc(0)
  const header = Buffer.alloc(HEADER_BYTES)
  query.copy(header, 0, 0, 2)
  const recursionDesired = query.readUInt16BE(2) & 0x0100
  // Authoritative, with recursion available. Otherwise a stub resolver would try another server.
  header.writeUInt16BE(0x8480 | recursionDesired | (address === undefined ? NAME_ERROR : 0), 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(record.length > 0 ? 1 : 0, 6)
  return Buffer.concat([header, question.bytes, record])
}

function readQuestion(query: Buffer): Question | undefined {
  if (query.length < HEADER_BYTES + 5) return undefined
  const isResponse = (query.readUInt16BE(2) & 0x8000) !== 0
  if (isResponse || query.readUInt16BE(4) !== 1) return undefined
  const labels: string[] = []
  let at = HEADER_BYTES
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    if (length > 63 || at + 1 + length >= query.length) return undefined
    labels.push(query.toString('latin1', at + 1, at + 1 + length).toLowerCase())
    at += 1 + length
  }
  const end = at + 5
  if (end > query.length) return undefined
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), bytes: query.subarray(HEADER_BYTES, end) }
}

function addressRecord(address: string): Buffer {
  const record = Buffer.alloc(16)
  record.writeUInt16BE(0xc000 | HEADER_BYTES, 0) // the question's name again
  record.writeUInt16BE(TYPE_A, 2)
  record.writeUInt16BE(CLASS_IN, 4)
  record.writeUInt32BE(TTL_SECONDS, 6)
  record.writeUInt16BE(4, 10)
  record.set(address.split('.').map(Number), 12)
  return record
}
