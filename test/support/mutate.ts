/** Damaged copies of real inputs, such as a parser may get from a bad disk, an attacker or another version of a program. */
const LONG_LINE_BYTES = 20_000
const NUMBERS = ['0', '-1', '65536', '4294967296', '18446744073709551616', '9'.repeat(400), '1e999', '0x7f', 'NaN', '٣']
const PIECES = [
  '\0',
  '\r',
  '\n\n',
  ' ',
  '\t',
  '=',
  ':',
  '/',
  '"',
  "'",
  '\\',
  '[',
  '(',
  '$',
  '\u2028',
  '__proto__',
  '\ufffd',
]

type Random = () => number
type Mutation = (bytes: Buffer, random: Random, others: readonly Buffer[]) => Buffer

/** Applies one to four mutations to one of the samples. */
export function mutate(samples: readonly Buffer[], random: Random): Buffer {
  let bytes = pick(samples, random)
  for (let times = below(4, random) + 1; times > 0; times--) bytes = pick(MUTATIONS, random)(bytes, random, samples)
  return random() < 0.002 ? longLine(bytes, random) : bytes
}

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  flipBit,
  (bytes, random) => bytes.subarray(0, below(bytes.length + 1, random)),
  (bytes, random) => bytes.subarray(below(bytes.length + 1, random)),
  function dropSlice(bytes, random) {
    const [from, to] = slice(bytes, random)
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
  },
  function doubleSlice(bytes, random) {
    const [from, to] = slice(bytes, random)
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)])
  },
  (bytes, random) => insert(bytes, Buffer.from(pick(PIECES, random)), random),
  (bytes, random) => insert(bytes, Buffer.from([below(256, random)]), random),
  function doubleLine(bytes, random) {
    const from = bytes.lastIndexOf('\n', below(bytes.length + 1, random)) + 1
    const end = bytes.indexOf('\n', from)
    return Buffer.concat([bytes.subarray(0, end < 0 ? bytes.length : end + 1), bytes.subarray(from)])
  },
  function otherSample(bytes, random, others) {
    const [from, to] = slice(pick(others, random), random)
    return insert(bytes, pick(others, random).subarray(from, to), random)
  },
  function otherNumber(bytes, random) {
    const digits = [...bytes.toString('latin1').matchAll(/\d+/g)]
    if (digits.length === 0) return bytes
    const { 0: run, index } = pick(digits, random)
    const number = Buffer.from(pick(NUMBERS, random))
    return Buffer.concat([bytes.subarray(0, index), number, bytes.subarray(index + run.length)])
  },
]

function flipBit(bytes: Buffer, random: Random): Buffer {
  if (bytes.length === 0) return bytes
  const changed = Buffer.from(bytes)
  const at = below(changed.length, random)
  changed.writeUInt8(changed.readUInt8(at) ^ (1 << below(8, random)), at)
  return changed
}

/** Repeats a few bytes of the input many times, to find slow backtracking patterns. */
function longLine(bytes: Buffer, random: Random): Buffer {
  const from = below(bytes.length + 1, random)
  const unit = bytes.subarray(from, from + 1 + below(8, random))
  return unit.length === 0 ? bytes : insert(bytes, Buffer.alloc(LONG_LINE_BYTES, unit), random)
}

function insert(bytes: Buffer, piece: Buffer, random: Random): Buffer {
  const at = below(bytes.length + 1, random)
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)])
}

function slice(bytes: Buffer, random: Random): [number, number] {
  const from = below(bytes.length + 1, random)
  return [from, from + below(Math.min(64, bytes.length - from) + 1, random)]
}

function below(limit: number, random: Random): number {
  return Math.floor(random() * limit)
}

function pick<T>(from: readonly T[], random: Random): T {
  const found = from[below(from.length, random)]
  if (found === undefined) throw new Error('nothing to choose from')
  return found
}
