import { join } from 'node:path/posix'
import type { HostView } from '../../host/host.ts'
import { walkTree } from '../../host/linux/files/walk-tree.ts'
import { replay } from '../../ledger/replay.ts'
import type { Snapshot } from '../../snapshot/facts.ts'
import { observe } from '../../snapshot/look/look.ts'
import type { Observer } from '../../snapshot/look/observer.ts'
import { readSnapshot, writeSnapshot } from '../../snapshot/store.ts'
import type { AgentPaths } from '../paths.ts'
import { isIn, type Scope } from '../scope.ts'
import type { Workspace } from './workspace.ts'

/** A snapshot shows the machine before this was installed. */
export type Before = 'install' | 'kubernetes'

const fileOf = ({ stateDirectory }: Pick<AgentPaths, 'stateDirectory'>, before: Before) =>
  join(stateDirectory, `before-${before}.snapshot`)

/** Observes the machine on which this process runs. */
export const observerOf = (view: HostView): Observer => ({ view, walk: walkTree })

/**
 * The same workspace, but its hosts wait with the first change until a snapshot is written. Other work goes on at the same
 * time. A run that continues an earlier one keeps the snapshot of that one.
 */
export function afterSnapshot(
  workspace: Workspace,
  paths: AgentPaths,
  before: Before,
  observer = observerOf(workspace.machine),
): Workspace {
  const { machine, ledger, hostFor } = workspace
  const { outstanding } = replay(ledger.entries())
  // What was baked belongs to the image, and so to the machine before.
  const isFresh = outstanding.every(({ step }) => !isIn(before === 'kubernetes' ? 'kubernetes' : 'all', step))
  if (!isFresh) return workspace
  const take = async () => {
    const { snapshot } = await observe(observer)
    await writeSnapshot(machine, fileOf(paths, before), snapshot)
  }
  let taken: Promise<void> | undefined
  return {
    ...workspace,
    hostFor(record) {
      taken ??= take()
      // Each change that waits for the snapshot throws its failure; until then the rejection must not count as unhandled.
      taken.catch(() => undefined)
      return hostFor(async (change) => {
        await taken
        await record(change)
      })
    },
  }
}

/** The snapshot from before the changes in this scope, or undefined if there is none. */
export async function snapshotFor(
  scope: Scope,
  paths: AgentPaths,
  machine: Workspace['machine'],
): Promise<Snapshot | undefined> {
  // Kubernetes stays, or the snapshot shows the image: the machine is not expected to be as before.
  if (scope === 'agent' || scope === 'baked') return undefined
  return readSnapshot(machine, fileOf(paths, scope === 'kubernetes' ? 'kubernetes' : 'install'))
}
