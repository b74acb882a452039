import { AgentError } from '../../base/agent-error.ts'
import { command } from '../../base/command.ts'
import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import type { Argv } from '../../host/argv.ts'
import { ADDED, ctrImages, listAdded, listLabelled, PIN } from '../../host/containerd/pinned-images.ts'
import type { Host, HostView, Output } from '../../host/host.ts'
import { whileContainerdRuns } from './containerd-calls.ts'

/** The check reads every layer of the images, while others are unpacked. */
const CHECK_TIMEOUT_MS = 180_000
const UNDO = { kind: 'nothing', because: "images are removed with containerd's directory" } as const

/**
 * `kept`: complete, and pinned under its tag and its digest. `loose`: complete, but a pin or the name with the digest is
 * missing. Otherwise `missing`.
 */
export type ImageState = 'kept' | 'loose' | 'missing'

export interface FoundImage {
  state: ImageState
  /** Of one that is there. */
  digest?: string
  /** People added an image of this name. */
  isAdded?: boolean
}

/** What containerd has under each of these names. The content of these images is read. */
export async function imageStates(host: HostView, names: readonly string[]): Promise<(name: string) => FoundImage> {
  if (names.length === 0 || (await host.stat(CONTAINERD.socket)) === undefined) return () => ({ state: 'missing' })
  const [checked, listed] = await whileContainerdRuns(host, () =>
    Promise.all([
      ask(host, [...ctrImages(host.layout), 'check', ...names.map((name) => `name=="${name}"`)]),
      ask(host, listLabelled(host.layout)),
    ]),
  )
  const digests = new Map(rows(checked).flatMap(completeImage))
  const labels = new Map(rows(listed).map(([name, ...words]) => [name, words.flatMap((word) => word.split(','))]))
  const has = (name: string, label: string) => labels.get(name)?.includes(label) === true
  return (name) => {
    const digest = digests.get(name)
    const isAdded = has(name, ADDED)
    if (digest === undefined) return { state: 'missing', isAdded }
    const isKept = has(name, PIN) && has(digestName(name, digest), PIN)
    return { state: isKept ? 'kept' : 'loose', digest, isAdded }
  }
}

/** The same for images of the bundle: one of such a name that people added is not the bundle's, and counts as missing. */
export async function bundleImageStates(host: HostView, names: readonly string[]): ReturnType<typeof imageStates> {
  const stateOf = await imageStates(host, names)
  return (name) => {
    const found = stateOf(name)
    return found.isAdded ? { state: 'missing' } : found
  }
}

/** Imports the archive of one image under its tag and its digest, both with these labels. */
export async function importImage(
  host: Host,
  name: string,
  archive: string,
  signal: AbortSignal,
  labels: readonly string[] = [PIN],
): Promise<void> {
  // `--digests` adds the name REPOSITORY@DIGEST: manifests can name an image by its digest.
  const names = ['--base-name', repositoryOf(name), '--digests', ...labels.flatMap((label) => ['--label', label])]
  await change(host, ['import', '--local', ...names, archive], signal).catch((error: unknown) => {
    if (String(error).includes('no space left on device')) throw storeFull(error)
    throw String(error).includes('disk quota exceeded') ? quotaExceeded(error) : error
  })
}

function storeFull(cause: unknown): AgentError {
  return new AgentError('disk/full', `the file system of ${CONTAINERD.root} is full`, {
    fix: `free some space, then run the same command again: ${command`df -h ${CONTAINERD.root}`}`,
    cause,
  })
}

function quotaExceeded(cause: unknown): AgentError {
  return new AgentError('disk/full', `the disk quota for ${CONTAINERD.root} is exceeded`, {
    fix: 'raise the quota, then run the same command again',
    cause,
  })
}

/** Labels an image that is complete, and gives it the name with its digest. Nothing is downloaded. */
export async function keepImage(
  host: Host,
  name: string,
  digest: string,
  signal: AbortSignal,
  labels: readonly string[] = [PIN],
): Promise<void> {
  await labelName(host, name, labels, signal)
  await tagImage(host, name, digestName(name, digest), signal)
}

export async function labelName(
  host: Host,
  name: string,
  labels: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await change(host, ['label', name, ...labels], signal)
}

/** Gives an image another name, which gets its labels. */
export async function tagImage(host: Host, name: string, other: string, signal: AbortSignal): Promise<void> {
  await change(host, ['tag', '--local', '--force', name, other], signal)
}

/** The labels of an image that people added. An empty value removes a label. */
export const labelsOfAdded = (isPinned: boolean): string[] => [ADDED, isPinned ? PIN : PIN.replace(/=.*$/, '=')]

/** The names under which containerd has images that people added, and their digests. */
export async function addedNames(host: HostView): Promise<{ name: string; digest: string }[]> {
  if ((await host.stat(CONTAINERD.socket)) === undefined) return []
  const listed = await whileContainerdRuns(host, () => ask(host, listAdded(host.layout)))
  return rows(listed).flatMap(([name, , digest]) =>
    name !== undefined && digest?.startsWith('sha256:') ? [{ name, digest }] : [],
  )
}

export async function removeNames(host: Host, names: readonly string[], signal: AbortSignal): Promise<void> {
  if (names.length > 0) await change(host, ['remove', '--sync', ...names], signal)
}

function change(host: Host, argv: readonly string[], signal: AbortSignal): Promise<unknown> {
  return whileContainerdRuns(host, () => host.run([...ctrImages(host.layout), ...argv], UNDO, { signal }), signal)
}

async function ask(host: HostView, argv: Argv): Promise<Output> {
  const output = await host.ask(argv, { timeoutMs: CHECK_TIMEOUT_MS })
  // ctr fails if one image cannot be read, but it lists all images first; that one is listed as incomplete.
  if (output.exitCode === 0 || output.stdout.startsWith('REF')) return output
  throw new AgentError(
    'containerd/no-answer',
    `containerd did not list its images: ${output.stderr.trim().slice(-300)}`,
    { fix: `see the reason in: ${command`journalctl -u ${CONTAINERD.unit}`}; then provision again` },
  )
}

function rows({ stdout }: Output): string[][] {
  return stdout.split('\n').map((line) => line.trim().split(/\s+/))
}

/** Name and digest, if the image is complete in the content store and unpacked. */
function completeImage(words: string[]): [string, string][] {
  const [name = '', , digest = ''] = words
  return words.includes('complete') && words.at(-1) === 'true' ? [[name, digest]] : []
}

export function digestName(name: string, digest: string): string {
  return `${repositoryOf(name)}@${digest}`
}

/** `registry.k8s.io/pause:3.10.2` is of `registry.k8s.io/pause`; a registry can have a port. */
export function repositoryOf(name: string): string {
  return name.replace(/(:[^/:@]+)?(@.*)?$/, '')
}
