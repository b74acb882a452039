import { reportOf } from '../../base/agent-error.ts'
import { digestName, imageStates } from '../../provision/images/containerd-images.ts'
import { nodeImages } from '../../provision/images/image-groups.ts'
import { keepImages } from '../../provision/images/import-step.ts'
import type { AgentPaths } from '../paths.ts'
import { openWorkspace } from '../restore/open-workspace.ts'
import { afterSnapshot } from '../restore/snapshots.ts'
import type { Workspace } from '../restore/workspace.ts'
import type { ImagesReport } from '../service/images/images-report.ts'
import { refuseEarlierContainerd } from './earlier-containerd.ts'
import { readCarriedOut } from './execute.ts'
import { provisionParamsOn } from './provision-params.ts'

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
  const params = await provisionParamsOn(paths, instruction, { tls: identity, host, signal })
  const images = nodeImages(params.task, params)
  const names = images.map(({ name }) => name)
  const before = await imageStates(machine, names)
  const wrong = names.filter((name) => before(name).state !== 'kept')
  if (wrong.length > 0) {
    report({ missing: names.filter((name) => before(name).state === 'missing') })
    await keepImages(host, params.bundleStore, images, { signal, progress: () => undefined })
  }
  const after = wrong.length > 0 ? await imageStates(machine, names) : before
  report({ kept: names.flatMap((name) => [name, digestName(name, after(name).digest ?? '')]), restored: wrong })
}
