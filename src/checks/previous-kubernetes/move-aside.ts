import { dirname } from 'node:path/posix'
import { command } from '../../base/command.ts'
import { readMounts } from '../../host/files/read-mounts.ts'
import { realPath } from '../../host/files/real-path.ts'
import type { HostView } from '../../host/host.ts'
import { isBelow } from '../../host/parse/mountinfo.ts'
import { POD_MOUNTS_BELOW } from './traces.ts'

/** Prefix of a directory with a unique name. */
export const FORMER = '/var/lib/former-kubernetes'

interface ToMove {
  directories: readonly string[]
  files: readonly string[]
  /** Mount points of pods. */
  mounts: readonly string[]
}

/** Commands that depend on each other, in order. */
export async function moveAside(host: HostView, { directories, files, mounts }: ToMove): Promise<string[]> {
  const all = (await readMounts(host)).map(({ mountPoint }) => mountPoint)
  const ofPods = await realPaths(host, POD_MOUNTS_BELOW)
  const mounted = ofPods.filter((path) => mounts.some((mount) => isBelow(mount, path)))
  const roots = [...new Set([...(await realPaths(host, directories)), ...mounted])]
  const mountedBelow = all.some((mount) => roots.some((root) => mount !== root && isBelow(mount, root)))
  const paths = [...files, ...(await Promise.all(directories.map((path) => entriesToMove(host, path, all)))).flat()]
  return [
    ...(mountedBelow ? [unmountBelow(roots)] : []),
    ...(roots.length > 0 ? [nothingMountedBelow(roots)] : []),
    ...(paths.length > 0 ? move(paths) : []),
  ]
}

async function realPaths(host: HostView, paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map((path) => realPath(host, path)))
  return found.filter((path) => path !== undefined)
}

/** The directory itself, or its entries if it is a mount point or a link to another disk. */
async function entriesToMove(host: HostView, directory: string, mounts: readonly string[]): Promise<string[]> {
  const isLink = (await host.stat(directory))?.kind === 'symlink'
  if (!isLink && !mounts.includes(directory)) return [directory]
  const names = (await host.list(directory)) ?? []
  return names.filter((name) => name !== 'lost+found').map((name) => `${directory}/${name}`)
}

/** A pattern for grep -E. */
function below(roots: readonly string[]): string {
  return `^(${roots.map((root) => root.replace(/[^\w/-]/g, '[$&]')).join('|')})/.`
}

/** Unmounts in reverse order: a mount on top of another one has a longer path or comes later in the list. */
function unmountBelow(roots: readonly string[]): string {
  return command`findmnt -lno TARGET | grep -E ${below(roots)} | LC_ALL=C sort -r | xargs -rd '\n' umount`
}

/** Fails if anything is mounted below. find -xdev and rm --one-file-system do not see bind mounts of the same file system. */
function nothingMountedBelow(roots: readonly string[]): string {
  return command`! findmnt -lno TARGET | grep -E ${below(roots)}`
}

function move(paths: readonly string[]): string[] {
  const byParent = Map.groupBy(new Set(paths), dirname)
  const parents = [...byParent.keys()]
  return [
    `old=$(mktemp -d ${FORMER}-XXXXXX)`,
    `mkdir -p ${parents.map((parent) => command`"$old"${parent}`).join(' ')}`,
    ...[...byParent].map(([parent, inside]) => command`mv -t "$old"${parent} ${inside}`),
  ]
}
