import { join } from 'node:path'
import { AgentError, reportOf } from '../../base/agent-error.ts'
import type { Emit } from '../../engine/event.ts'
import type { Host, HostView } from '../../host/host.ts'
import { bundleImageStates, digestName, imageStates } from '../../provision/images/containerd-images.ts'
import { nodeImages } from '../../provision/images/image-groups.ts'
import { keepImages } from '../../provision/images/import-step.ts'
import { type BroughtImage, readBrought, readImagesFile, writeBrought } from '../added-images.ts'
import { requireConfig } from '../config.ts'
import { IMAGES } from '../gate/images.ts'
import { openSigned } from '../gate/open-signed.ts'
import type { NodeIdentity } from '../identity/identity.ts'
import { nodeIdOf } from '../identity/node-names.ts'
import { everTrustedKeysOf } from '../identity/trust.ts'
import type { AgentPaths } from '../paths.ts'
import { openWorkspace } from '../restore/open-workspace.ts'
import { afterSnapshot } from '../restore/snapshots.ts'
import type { Workspace } from '../restore/workspace.ts'
import type { ImagesReport } from '../service/images/images-report.ts'
import { keepAddedImages } from './added-images.ts'
import { refuseEarlierContainerd } from './earlier-containerd.ts'
import { readCarriedOut } from './execute.ts'
import type { Peers } from './peers/peers.ts'
import { type NodeInstruction, peersOf, provisionParamsOn } from './provision-params.ts'

export interface KeepImagesOptions {
  paths: AgentPaths
  report(report: ImagesReport): void
  signal: AbortSignal
}

const LEDGER_MS = 10_000

/**
 * Imports the images that the last provisioning of this node brought and that are missing now, and pins those that are not
 * pinned. The ledger has these changes under the run of that instruction. False after a failure, which is reported.
 */
export async function keepNodeImages(options: KeepImagesOptions): Promise<boolean> {
  const { paths, report, signal } = options
  try {
    const workspace = await openWorkspace(paths, LEDGER_MS, signal)
    try {
      await keepOn(workspace, options)
      return true
    } finally {
      await workspace.ledger.close()
    }
  } catch (error) {
    if (!signal.aborted) report({ error: reportOf(error) })
    return false
  }
}

async function keepOn(workspace: Workspace, { paths, report, signal }: KeepImagesOptions): Promise<void> {
  const { instruction, identity } = await readCarriedOut(paths)
  if (instruction.role === 'reset') return
  const { machine, ledger } = workspace
  refuseEarlierContainerd(ledger)
  const { run } = instruction
  const host = afterSnapshot(workspace, paths, 'kubernetes').hostFor(async ({ kind, what, undo }) => {
    await ledger.append({ kind: 'change', run, step: 'images/keep', change: kind, what, undo })
  })
  const emit: Emit = (event) => event.kind === 'log' && report({ said: event.message })
  // Those that have the images: the controller may be slow, or far away.
  const peers = peersOf(paths, instruction, { tls: identity, host, emit, signal })
  try {
    await keepAll(peers, { instruction, identity, machine, host }, { paths, report, signal })
    await peers.discard()
  } finally {
    await peers.close()
  }
}

interface On {
  instruction: NodeInstruction
  identity: NodeIdentity
  machine: HostView
  host: Host
}

async function keepAll(
  peers: Peers,
  { instruction, identity, machine, host }: On,
  { paths, report, signal }: KeepImagesOptions,
): Promise<void> {
  const params = await provisionParamsOn(paths, instruction, { tls: identity, host, signal, peers })
  const images = nodeImages(params.task, params)
  const names = images.map(({ name }) => name)
  const before = await bundleImageStates(machine, names)
  const wrong = names.filter((name) => before(name).state !== 'kept')
  if (wrong.length > 0) {
    report({ missing: names.filter((name) => before(name).state === 'missing') })
    await keepImages(host, params.bundleStore, images, { signal, progress: () => undefined })
  }
  const after = wrong.length > 0 ? await bundleImageStates(machine, names) : before
  const ofBundle = names.flatMap((name) => [name, digestName(name, after(name).digest ?? '')])
  const { added, error } = await keepAdded(host, { paths, ofBundle, identity, signal }).then(
    (found) => ({ added: found, error: undefined }),
    (reason: unknown) => {
      signal.throwIfAborted()
      // The images of the bundle are kept all the same.
      return { added: readBrought(paths), error: reportOf(reason) }
    },
  )
  const hasNews = writeBrought(paths, added)
  const failed = error ?? added.find(({ problem }) => problem)?.problem
  const kept = [...ofBundle, ...(await pinnedOf(machine, added))]
  report({ kept, restored: wrong, ...(failed && { failed }), ...(hasNews && { hasNews }) })
}

/** The images that people added to the cluster. The list on the disk could have been changed, so its signature is verified again. */
async function keepAdded(
  host: Host,
  {
    paths,
    ofBundle,
    identity,
    signal,
  }: { paths: AgentPaths; ofBundle: string[]; identity: NodeIdentity; signal: AbortSignal },
): Promise<BroughtImage[]> {
  const config = requireConfig(paths)
  const signed = readImagesFile(paths)
  // A damaged one is sent again.
  if (signed === undefined) return readBrought(paths)
  const keys = everTrustedKeysOf(paths, config)
  // The time limit applies when a list is accepted.
  const knowledge = { instructionKeys: () => keys, nodeId: nodeIdOf(identity, paths), now: new Date(0) }
  const opened = await openSigned(IMAGES, signed, knowledge)
  if (opened.kind === 'refused') {
    const { code, message, fix } = opened.error
    throw new AgentError(code, message, { fix, kind: 'refused' })
  }
  const images = { listed: opened.body.images, former: readBrought(paths), ofBundle }
  const { urls: controllerUrls, proxy } = config
  const directory = join(paths.bundleDirectory, 'images')
  return keepAddedImages(host, images, { controllerUrls, tls: identity, ...(proxy && { proxy }), directory, signal })
}

/** Those of them that the service looks for. */
async function pinnedOf(machine: HostView, added: readonly BroughtImage[]): Promise<string[]> {
  const here = added.filter(({ problem, gone }) => problem === undefined && !gone)
  const stateOf = await imageStates(
    machine,
    here.map(({ name }) => name),
  )
  return here.flatMap(({ name, digest }) => (stateOf(name).state === 'kept' ? [name, digestName(name, digest)] : []))
}
