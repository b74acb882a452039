export interface Mount {
  /** MAJOR:MINOR of the file system; several mounts may have the same. */
  device: string
  /** The directory of the file system that is mounted. */
  root: string
  mountPoint: string
  fileSystem: string
  source: string
  /** Options of this mount. */
  options: string[]
  /** Options of the file system, which apply to all of its mounts. */
  superOptions: string[]
  /** Whether mounts below it propagate to other namespaces. */
  shared: boolean
}

/** /proc/self/mountinfo, see proc_pid_mountinfo(5); octal escapes are resolved. */
export function parseMountinfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ')
    const [, , device = '', root = '', mountPoint, options, ...tags] = (before ?? '').split(' ')
    const [fileSystem, source, superOptions] = (after ?? '').split(' ')
    if (!mountPoint || !options || !fileSystem) return []
    const paths = {
      root: unescapeOctal(root),
      mountPoint: unescapeOctal(mountPoint),
      source: unescapeOctal(source ?? ''),
    }
    const shared = tags.some((tag) => tag.startsWith('shared:'))
    return [
      {
        device,
        ...paths,
        fileSystem,
        options: options.split(','),
        superOptions: (superOptions ?? '').split(','),
        shared,
      },
    ]
  })
}

export function isReadOnly({ options, superOptions }: Mount): boolean {
  return options.includes('ro') || superOptions.includes('ro')
}

/** The kernel writes spaces, tabs and some other characters of a path as `\040`. */
export function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

/** The mount of a path: the longest mount point above it; of several on one point, the last, which hides the others. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  let best: Mount | undefined
  for (const mount of mounts)
    if (isBelow(path, mount.mountPoint) && mount.mountPoint.length >= (best?.mountPoint.length ?? 0)) best = mount
  return best
}

/** Whether a path is a directory or below it. */
export function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`)
}
