import { join } from 'node:path'
import { AgentError } from '../../base/agent-error.ts'
import { limit } from '../../base/tasks/limit.ts'
import { IMAGES } from '../contents.ts'
import { linesOf, listFilesCommand } from '../intake/problems.ts'
import type { Tree } from '../intake/tree.ts'
import type { SourceContext } from '../sources/source.ts'
import { upstreamFiles } from '../upstream/table.ts'
import type { Transport } from './fetch-file.ts'
import { fetchImage } from './fetch-image.ts'
import { fetchPublished } from './fetch-published.ts'
import { NotFetched } from './http.ts'
import type { Lock, LockedFile, LockedImage } from './lock.ts'
import type { Places } from './places.ts'
import { NOT_CHECKED, type Signatures } from './signatures/signatures.ts'

const AT_ONCE = 4

export interface DownloadOptions {
  transport: Transport
  places: Places
  signatures: Signatures
  /** Where finished downloads stay. */
  directory: string
  /** Nothing else is taken. */
  lock: Lock | undefined
}

/**
 * Downloads the files and images of a bundle. Returns those of this bundle, as a tree and as a lock. Throws
 * `bundle/not-downloaded` with all that is missing, or differs from its checksum or the lock.
 */
export async function download(options: DownloadOptions, context: SourceContext): Promise<{ tree: Tree; lock: Lock }> {
  const { transport, places, signatures, directory, lock } = options
  const { versions, arch, cache } = context
  const upstream = upstreamFiles(versions, arch).filter(({ spare }) => !spare)
  const names = Object.entries(IMAGES).map(([repository, { version }]) => `${repository}:${versions[version]}`)
  const failures = differencesFrom(
    lock,
    upstream.map(({ url }) => url),
    names,
  )
  const taken = { files: [] as LockedFile[], images: [] as LockedImage[] }
  const tree = { root: directory, files: [] as string[], images: [] as string[] }
  const silent = new Map<string, string>()
  const lane = limit(AT_ONCE)

  /** Adds to the failures. A server that does not answer is not asked again. */
  const one = (url: string, label: string, fetch: () => Promise<Pick<LockedFile, 'size' | 'signatures'>>) =>
    lane(async () => {
      const { host } = new URL(url)
      try {
        const known = silent.get(host)
        if (known !== undefined) throw new NotFetched(known, 'permanent')
        const { size, signatures: verdicts = [] } = await fetch()
        const checked = verdicts.filter((each) => each !== NOT_CHECKED)
        cache.progress([`${label}: ${(size / 2 ** 20).toFixed(1)} MiB`, ...checked].join(', '))
      } catch (error) {
        if (!(error instanceof NotFetched)) throw error
        if (error.isUnanswered) silent.set(host, error.message)
        failures.push(`${url}: ${error.message}`)
      }
    })

  const files = upstream.map((file) => {
    const locked = lock?.files.find(({ url }) => url === file.url)
    if (lock !== undefined && locked === undefined) return undefined
    return one(places.file(file.place), file.url, async () => {
      const { entry, paths } = await fetchPublished(file, { transport, places, signatures, directory, locked })
      taken.files.push(entry)
      tree.files.push(...paths)
      return entry
    })
  })
  const images = names.map((name) => {
    const locked = lock?.images.find((each) => each.name === name)
    if (lock !== undefined && locked === undefined) return undefined
    const repository = places.repository(name)
    return one(repository, name, async () => {
      const path = `images/${name}`
      const { digest } = locked ?? {}
      const wanted = { name, repository, arch, directory: join(directory, path), digest, signatures }
      const image = await fetchImage(transport, wanted)
      taken.images.push({ name, ...image })
      tree.images.push(path)
      return image
    })
  })
  await Promise.all([...files, ...images])
  if (failures.length > 0) throw notDownloaded(failures.sort(), context, options)
  return { tree, lock: { format: 1, kubernetesVersion: versions.kubernetes, arch, ...taken } }
}

/** What only one of lock and bundle has. */
function differencesFrom(lock: Lock | undefined, urls: readonly string[], images: readonly string[]): string[] {
  if (lock === undefined) return []
  const wanted = [...urls, ...images]
  const locked = [...lock.files.map(({ url }) => url), ...lock.images.map(({ name }) => name)]
  return [
    ...wanted.filter((each) => !locked.includes(each)).map((each) => `${each}: is not in the lock file`),
    ...locked.filter((each) => !wanted.includes(each)).map((each) => `${each}: is in the lock file, but not needed`),
  ]
}

function notDownloaded(
  failures: readonly string[],
  context: SourceContext,
  { directory, lock }: DownloadOptions,
): AgentError {
  const message = linesOf(`files and images of the bundle: ${failures.length} not downloaded`, failures)
  const hints = [
    ...(lock === undefined ? [] : ['to take what is published now: without --locked, with --update-lock']),
    'proxies: HTTPS_PROXY, HTTP_PROXY and NO_PROXY',
    'mirrors: --base and --registry; their users: --registry-login',
    `what is downloaded: ${listFilesCommand(context)}`,
  ]
  return new AgentError('bundle/not-downloaded', message, {
    fix: `correct this and build again: what is complete stays in ${directory}; ${hints.join('; ')}`,
  })
}
