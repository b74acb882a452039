/** A hash of a file that a project publishes. Without a name: a file that contains only the hash. */
export interface Checksum {
  algorithm: 'sha256' | 'sha512'
  /** Lower-case hex. */
  hex: string
  name?: string
}

const LINE = /^(?<hex>[0-9a-f]{64}|[0-9a-f]{128})(?:[ \t]+\*?(?<name>[^\s].*))?$/i
const BSD_LINE = /^SHA(?:256|512) \((?<name>[^)]+)\) = (?<hex>[0-9a-f]{64}|[0-9a-f]{128})$/i

/**
 * Reads the forms in which projects publish checksums: only the hash, `hash  name`, the BSD form, and any of these signed in
 * clear text. Other lines are ignored. Directories of names are dropped.
 */
export function parseChecksums(text: string): Checksum[] {
  const [signed = ''] = text.split('-----BEGIN PGP SIGNATURE-----')
  return signed.split('\n').flatMap((line) => {
    const { hex, name } = (LINE.exec(line.trim()) ?? BSD_LINE.exec(line.trim()))?.groups ?? {}
    if (hex === undefined) return []
    const base = name?.slice(name.lastIndexOf('/') + 1)
    const algorithm = hex.length === 64 ? 'sha256' : 'sha512'
    return [{ algorithm, hex: hex.toLowerCase(), ...(base ? { name: base } : {}) }]
  })
}

/** The checksums in this file that are those of `name`. */
export function checksumsOf(name: string, checksumFile: string, text: string): Checksum[] {
  const isItsOwn = checksumFile.startsWith(`${name}.`)
  return parseChecksums(text).filter((each) => each.name === name || (each.name === undefined && isItsOwn))
}

/** Whether a file with this name contains checksums. */
export function isChecksumFile(name: string): boolean {
  return /^sha(256|512)sums?(\.txt|\.asc)?$|\.sha(256|512)(sum)?$/i.test(name)
}
