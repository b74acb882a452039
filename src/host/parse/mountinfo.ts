export interface Mount {
  mountPoint: string
  fileSystem: string
  source: string
  options: string[]
}

/** /proc/self/mountinfo, see proc_pid_mountinfo(5); octal escapes are resolved. */
export function parseMountinfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ')
    const [, , , , mountPoint, options] = (before ?? '').split(' ')
    const [fileSystem, source] = (after ?? '').split(' ')
    if (!mountPoint || !options || !fileSystem) return []
    const mount = { mountPoint: unescapeOctal(mountPoint), fileSystem, source: unescapeOctal(source ?? '') }
    return [{ ...mount, options: options.split(',') }]
  })
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

/** The mount that a path lies on: the longest mount point above it, of equal ones the last, which covers the others. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  let best: Mount | undefined
  for (const mount of mounts)
    if (isBelow(path, mount.mountPoint) && mount.mountPoint.length >= (best?.mountPoint.length ?? 0)) best = mount
  return best
}

/** The path itself or anything under it. */
export function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`)
}
