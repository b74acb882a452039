import { join } from 'node:path'
import { AgentError, reportOf } from '../../base/agent-error.ts'
import { isDiskFull } from '../../base/durable-file.ts'
import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import { errorMessage } from '../../base/text/error-message.ts'
import type { Host, HostView } from '../../host/host.ts'
import { type HttpProxy, NetworkError } from '../../host/network.ts'
import { pathOf } from '../../protocol/api/route.ts'
import { MAX_PROBLEM_CHARACTERS } from '../../protocol/images/limits.ts'
import { imageFileRoutes } from '../../protocol/images/routes.ts'
import type { ImageArchive, ListedImage } from '../../protocol/wire/lists/images.ts'
import {
  addedNames,
  digestName,
  imageStates,
  importImage,
  keepImage,
  labelName,
  labelsOfAdded,
  removeNames,
  tagImage,
} from '../../provision/images/containerd-images.ts'
import type { BroughtImage } from '../added-images.ts'

export interface AddedImages {
  /** All that people added. */
  listed: readonly ListedImage[]
  /** What became of each the last time. */
  former: readonly BroughtImage[]
  /** The names of the images of the bundle, with tags and with digests: they come from it, whatever the list says. */
  ofBundle: readonly string[]
}

export interface Way {
  controllerUrls: readonly string[]
  tls: { ca: string; cert: string; key: string }
  proxy?: HttpProxy
  /** Where archives are until they are imported. */
  directory: string
  signal: AbortSignal
}

/** An image for the architecture of this node. */
interface Wanted extends Omit<ListedImage, 'archives'>, ImageArchive {}

const IMPORTED = 'containerd has the image, and the controller has the archive'
/** The archive, its content in containerd, and its files, which can be larger if the layers are compressed. */
const TIMES = 4
/** The kubelet begins to evict pods at 15 % of the file system of images. */
const KEPT_FREE = 0.15

/**
 * Makes the images that people added to this node what the list says: what it does not name is removed, and what is missing is
 * fetched and imported. A failure of one image does not keep the others away.
 */
export async function keepAddedImages(
  host: Host,
  { listed, former, ofBundle }: AddedImages,
  way: Way,
): Promise<BroughtImage[]> {
  const wanted = listed.flatMap(({ archives, ...image }): Wanted[] => {
    const archive = archives[host.arch()]
    return archive === undefined || ofBundle.includes(image.name) ? [] : [{ ...image, ...archive }]
  })
  const labelled = await removeOthers(host, wanted, ofBundle, way.signal)
  const stateOf = await imageStates(
    host,
    wanted.map(({ name }) => name),
  )
  const isMissing = ({ name, digest }: Wanted) => stateOf(name).digest !== digest
  await discardOthers(host, wanted.filter(isMissing), way.directory)
  const brought: BroughtImage[] = []
  /** Why no controller answered: asking it for each image would take long. */
  let silence: readonly unknown[] | undefined
  for (const image of wanted) {
    const { name, digest, addedAt, pinned } = image
    const isKnown = former.some((each) => each.name === name && each.addedAt === addedAt && !each.problem)
    // One that is not pinned was removed by the kubelet or a person, who may do so.
    if (isMissing(image) && isKnown && !pinned) {
      brought.push({ name, digest, addedAt, gone: true })
      continue
    }
    const withDigest = digestName(name, digest)
    const isBundles = ofBundle.includes(withDigest)
    const isWhole = labelled.has(name) && (isBundles || labelled.has(withDigest))
    const isLabelled = isWhole && (stateOf(name).state === 'kept') === pinned
    try {
      if (isMissing(image)) await supply(host, image, { isBundles, silence }, way)
      else if (!isLabelled) await label(host, image, isBundles, way.signal)
      brought.push({ name, digest, addedAt })
    } catch (error) {
      way.signal.throwIfAborted()
      const { code, message, fix } = reportOf(
        isDiskFull(error) ? nodeFull(`${errorMessage(error)}: there was no room for the image ${name}`, error) : error,
      )
      if (error instanceof AgentError && code === NOT_FETCHED && error.kind === 'unreachable')
        silence = error.cause as unknown[]
      brought.push({ name, digest, addedAt, problem: { code, message: short(message), fix: short(fix) } })
    }
  }
  return brought
}

async function supply(
  host: Host,
  image: Wanted,
  { isBundles, silence }: { isBundles: boolean; silence: readonly unknown[] | undefined },
  way: Way,
): Promise<void> {
  if (isBundles) return nameAsWell(host, image, way.signal)
  if (silence !== undefined) throw notFetched(image.name, silence)
  await bring(host, image, way)
}

async function label(host: Host, { name, digest, pinned }: Wanted, isBundles: boolean, signal: AbortSignal) {
  const labels = labelsOfAdded(pinned)
  await (isBundles ? labelName(host, name, labels, signal) : keepImage(host, name, digest, signal, labels))
}

/** The bundle has the same image under another tag. Its name with the digest stays as the bundle has it. */
async function nameAsWell(host: Host, { name, digest, pinned }: Wanted, signal: AbortSignal): Promise<void> {
  await tagImage(host, digestName(name, digest), name, signal)
  await labelName(host, name, labelsOfAdded(pinned), signal)
}

/** Removes archives that a process that was killed left behind, except those that are fetched now. */
async function discardOthers(host: Host, missing: readonly Wanted[], directory: string): Promise<void> {
  for (const name of (await host.list(directory)) ?? [])
    if (!missing.some(({ sha256 }) => name.startsWith(sha256))) await host.discard(join(directory, name), IMPORTED)
}

const short = (text: string) => text.slice(0, MAX_PROBLEM_CHARACTERS)

/** Removes what was added once and is no longer wanted, never what the bundle names. Returns the names that stay. */
async function removeOthers(
  host: Host,
  wanted: readonly Wanted[],
  ofBundle: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const kept = new Set([...ofBundle, ...wanted.flatMap(({ name, digest }) => [name, digestName(name, digest)])])
  const present = await addedNames(host)
  for (const { name, digest } of present) if (ofBundle.includes(name)) kept.add(digestName(name, digest))
  const gone = present.flatMap(({ name }) => (kept.has(name) ? [] : [name]))
  await removeNames(host, gone, signal)
  return new Set(present.flatMap(({ name }) => (kept.has(name) ? [name] : [])))
}

async function bring(host: Host, image: Wanted, way: Way): Promise<void> {
  const { name, sha256, pinned } = image
  const { directory, signal } = way
  const path = join(directory, `${sha256}.tar`)
  const there = (await host.sha256(path)) === sha256
  await requireRoom(host, image, directory)
  if (!there) {
    await host.makeDirectory(directory, 0o700)
    await fetchArchive(host, image, path, way)
  }
  try {
    await importImage(host, name, path, signal, labelsOfAdded(pinned))
  } finally {
    // Otherwise it is imported by the next process.
    if (!signal.aborted) await host.discard(path, IMPORTED)
  }
}

/** From the first controller that has it. Each is asked once: the ledger is held meanwhile, and the agent tries again. */
async function fetchArchive(host: Host, { name, sha256, size }: Wanted, path: string, way: Way): Promise<void> {
  const { controllerUrls, tls, proxy, signal } = way
  const failures: unknown[] = []
  for (const url of controllerUrls) {
    const from = url + pathOf(imageFileRoutes.fetchImage, { sha256 })
    try {
      return await host.download({ url: from, path, sha256, size, tls, signal, ...(proxy && { proxy }) })
    } catch (error) {
      signal.throwIfAborted()
      if (!isSilence(error) && !(error instanceof AgentError && error.code.startsWith('download/'))) throw error
      failures.push(error)
    }
  }
  throw notFetched(name, failures)
}

const isSilence = (error: unknown) =>
  error instanceof NetworkError || (error instanceof AgentError && error.code === 'download/cut')

const NOT_FETCHED = 'images/not-fetched'

function notFetched(name: string, failures: readonly unknown[]): AgentError {
  const why = failures.map(errorMessage).join('; ') || 'the address of the controller is unknown'
  return new AgentError(NOT_FETCHED, `the image ${name} could not be fetched: ${why}`, {
    fix: 'see what the cluster has: controller cluster images list CLUSTER; the agent tries again by itself',
    kind: failures.every(isSilence) ? 'unreachable' : 'refused',
    cause: failures,
  })
}

/** A full disk stops the whole node: it is better to lack an image. */
async function requireRoom(host: HostView, { name, sha256, size }: Wanted, directory: string): Promise<void> {
  const parts = ((await host.list(directory)) ?? []).filter((part) => part.startsWith(sha256))
  const stats = await Promise.all(parts.map((part) => host.stat(join(directory, part))))
  const there = stats.reduce((sum, found) => sum + (found?.size ?? 0), 0)
  for (const path of [CONTAINERD.root, directory]) {
    const { freeBytes, totalBytes } = await host.diskSpace(path)
    const kept = KEPT_FREE * totalBytes
    const wanted = TIMES * size - there + kept
    if (freeBytes >= wanted) continue
    const found = `found ${mib(freeBytes)} free on the file system of ${path}; wanted ${mib(wanted)} for the image ${name}`
    throw nodeFull(`${found}: below ${mib(kept)} the kubelet evicts pods`)
  }
}

function nodeFull(message: string, cause?: unknown): AgentError {
  return new AgentError('images/node-full', message, {
    fix: 'make room on this node, or remove images of the cluster (controller cluster images list); the agent tries again by itself',
    cause,
  })
}

const mib = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`
