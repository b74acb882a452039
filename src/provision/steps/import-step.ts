import { AgentError } from '../../base/agent-error.ts'
import { command } from '../../base/command.ts'
import type { BundleFile } from '../../bundle/format.ts'
import type { Host, HostView, Output } from '../../host/host.ts'
import type { ProvisionParams } from '../params.ts'
import { CONTAINERD } from '../paths.ts'
import type { ProvisionStep } from '../provision.ts'
import { whileContainerdRuns } from './containerd-calls.ts'

const CTR = [`${CONTAINERD.binaries}/ctr`, '--address', CONTAINERD.socket, '--namespace', 'k8s.io', 'images'] as const
/**
 * The kubelet makes room on a disk that fills by removing images that no container uses at that moment. It spares those
 * with this label of containerd's CRI plugin. There may be no registry to get the others back from.
 */
const PINNED = { key: 'io.cri-containerd.pinned', value: 'pinned' }
/** Unpacking is the processor's work and the disk's: more at once than this only makes the first one later. */
const AT_ONCE = 2
/** It looks at every layer of every image, while others are unpacked. */
const CHECK_TIMEOUT_MS = 180_000
const IMPORTED = 'containerd has the image, and the controller has the archive'

/** A step that fetches images of the bundle and imports each as soon as it is there, in the order given. */
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
      await Promise.all(Array.from({ length: AT_ONCE }, worker))
    },
  }
}

async function importImage(host: Host, archive: string, signal: AbortSignal): Promise<void> {
  const undo = { kind: 'nothing', because: "images go with containerd's own directory" } as const
  const label = `${PINNED.key}=${PINNED.value}`
  const argv = [...CTR, 'import', '--local', '--label', label, archive] as const
  await whileContainerdRuns(host, () => host.run(argv, undo, { signal }), signal)
}

async function listImages(host: HostView): Promise<Output> {
  const pinned = `labels."${PINNED.key}"==${PINNED.value}`
  const output = await host.ask([...CTR, 'check', pinned], { timeoutMs: CHECK_TIMEOUT_MS })
  // It fails when a single image cannot be read, after it has listed all of them: that one is not whole.
  if (output.exitCode === 0 || output.stdout.startsWith('REF')) return output
  throw new AgentError(
    'containerd/no-answer',
    `containerd did not list its images: ${output.stderr.trim().slice(-300)}`,
    { fix: `${command`journalctl -u ${CONTAINERD.unit}`}, then provision again` },
  )
}

/** Names of the pinned images whose every part is in the content store and unpacked. */
async function presentImages(host: HostView): Promise<Set<string>> {
  if ((await host.stat(CONTAINERD.socket)) === undefined) return new Set()
  const { stdout } = await whileContainerdRuns(host, () => listImages(host))
  const lines = stdout.split('\n').map((line) => line.trim().split(/\s+/))
  return new Set(
    lines.filter((words) => words.includes('complete') && words.at(-1) === 'true').map(([name]) => name ?? ''),
  )
}
