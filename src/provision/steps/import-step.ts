import { AgentError } from '../../base/agent-error.ts'
import { command } from '../../base/command.ts'
import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import type { BundleFile } from '../../bundle/format.ts'
import type { Host, HostView, Output } from '../../host/host.ts'
import type { ProvisionParams } from '../params.ts'
import type { ProvisionStep } from '../provision.ts'
import { whileContainerdRuns } from './containerd-calls.ts'

const CTR = [`${CONTAINERD.binaries}/ctr`, '--address', CONTAINERD.socket, '--namespace', 'k8s.io', 'images'] as const
/**
 * When a disk fills, the kubelet removes images that no container uses, except those with this label of containerd's CRI
 * plugin. There may be no registry to pull them from again.
 */
const PINNED = { key: 'io.cri-containerd.pinned', value: 'pinned' }
/** Unpacking uses CPU and disk: more imports at a time would only delay the first one. */
const CONCURRENCY = 2
/** The check reads every layer of every image, while others are unpacked. */
const CHECK_TIMEOUT_MS = 180_000
const IMPORTED = 'containerd has the image, and the controller has the archive'

/** A step that fetches images of the bundle in the given order, and imports each one as soon as it is fetched. */
export function importStep(
  id: string,
  title: string,
  choose: (params: ProvisionParams) => BundleFile[],
): ProvisionStep {
  return {
    id,
    title,
    async isDone(host, params) {
      const present = await presentImages(host)
      const archives = await Promise.all(choose(params).map((image) => host.stat(params.bundleStore.pathOf(image))))
      return choose(params).every((image, index) => present.has(image.name) && archives[index] === undefined)
    },
    async apply(host, params, { signal, progress }) {
      const present = await presentImages(host)
      const missing = choose(params).filter((image) => !present.has(image.name))
      for (const image of choose(params).filter((image) => present.has(image.name))) {
        await host.discard(params.bundleStore.pathOf(image), IMPORTED)
      }
      let done = 0
      const queue = missing.values()
      const worker = async () => {
        for (const image of queue) {
          const archive = await params.bundleStore.fetch(host, image, undefined, signal)
          await importImage(host, archive, signal)
          await host.discard(archive, IMPORTED)
          done += 1
          progress(done, missing.length, 'items')
        }
      }
      await Promise.all(Array.from({ length: CONCURRENCY }, worker))
    },
  }
}

async function importImage(host: Host, archive: string, signal: AbortSignal): Promise<void> {
  const undo = { kind: 'nothing', because: "images are removed with containerd's directory" } as const
  const label = `${PINNED.key}=${PINNED.value}`
  const argv = [...CTR, 'import', '--local', '--label', label, archive] as const
  await whileContainerdRuns(host, () => host.run(argv, undo, { signal }), signal)
}

async function listImages(host: HostView): Promise<Output> {
  const pinned = `labels."${PINNED.key}"==${PINNED.value}`
  const output = await host.ask([...CTR, 'check', pinned], { timeoutMs: CHECK_TIMEOUT_MS })
  // ctr fails if one image cannot be read, but it lists all images first; that one is listed as incomplete.
  if (output.exitCode === 0 || output.stdout.startsWith('REF')) return output
  throw new AgentError(
    'containerd/no-answer',
    `containerd did not list its images: ${output.stderr.trim().slice(-300)}`,
    { fix: `see the reason in: ${command`journalctl -u ${CONTAINERD.unit}`}; then provision again` },
  )
}

/** Names of the pinned images that are complete in the content store and unpacked. */
async function presentImages(host: HostView): Promise<Set<string>> {
  if ((await host.stat(CONTAINERD.socket)) === undefined) return new Set()
  const { stdout } = await whileContainerdRuns(host, () => listImages(host))
  const lines = stdout.split('\n').map((line) => line.trim().split(/\s+/))
  return new Set(
    lines.filter((words) => words.includes('complete') && words.at(-1) === 'true').map(([name]) => name ?? ''),
  )
}
