const MOST_LEVELS = 100

/** What may still be read, in bytes of JSON. */
export interface Room {
  bytes: number
}

/** Why a value cannot be copied. */
export class NotPlain extends Error {}

/**
 * A copy in which nothing is there twice: aliases of YAML are one value at several places, and what is set at one of them would
 * change the others. It ends, with NotPlain, as soon as it needs more than the room: few aliases make much of a short text.
 */
export function plainCopy(value: unknown, room: Room, level = 0): unknown {
  if (level > MOST_LEVELS) throw new NotPlain(`it has more than ${MOST_LEVELS} levels`)
  take(room, sizeOf(value))
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((each) => plainCopy(each, room, level + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => {
      take(room, Buffer.byteLength(key) + 4)
      return [key, plainCopy(child, room, level + 1)]
    }),
  )
}

function take(room: Room, bytes: number): void {
  room.bytes -= bytes
  if (room.bytes < 0) throw new NotPlain('with its aliases followed, it is larger than an add-on')
}

/** Of what is not a list or an object, in JSON; of these, their brackets. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value) + 3
  if (typeof value === 'boolean' || value === null || (typeof value === 'number' && Number.isFinite(value)))
    return String(value).length + 1
  if (Array.isArray(value) || isRecord(value)) return 2
  throw new NotPlain('it has a value that JSON does not have')
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
