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
import type { WorkBench } from './bench.ts'

/** What is about to be made, and so what a snapshot tells the time before. */
export type Before = 'install' | 'kubernetes'

const fileOf = ({ stateDirectory }: Pick<AgentPaths, 'stateDirectory'>, before: Before) =>
  join(stateDirectory, `before-${before}.snapshot`)

/** The looks at the machine this process runs on. */
export const observerOf = (view: HostView): Observer => ({ view, walk: walkTree })

/**
 * The same bench, whose hosts make no change before the machine was looked at as it is: beside whatever else is done until
 * then. A run that goes on with what an earlier one began finds the snapshot of that one.
 */
export function afterSnapshot(
  bench: WorkBench,
  paths: AgentPaths,
  before: Before,
  observer = observerOf(bench.machine),
): WorkBench {
  const { machine, ledger, hostFor } = bench
  const { outstanding } = replay(ledger.entries())
  const isFresh = outstanding.every(({ step }) => before === 'kubernetes' && !isIn('kubernetes', step))
  if (!isFresh) return bench
  const take = async () => {
    const { snapshot } = await observe(observer)
    await writeSnapshot(machine, fileOf(paths, before), snapshot)
  }
  let taken: Promise<void> | undefined
  return {
    ...bench,
    hostFor(record) {
      taken ??= take()
      // A failure is thrown by each change that waits for it; until then it must not count as unhandled.
      taken.catch(() => undefined)
      return hostFor(async (change) => {
        await taken
        await record(change)
      })
    },
  }
}

/** How the machine was before what this scope takes back; undefined where nobody looked. */
export async function snapshotFor(
  scope: Scope,
  paths: AgentPaths,
  machine: WorkBench['machine'],
): Promise<Snapshot | undefined> {
  // With Kubernetes left where it is the machine is not to be what it was.
  if (scope === 'agent') return undefined
  return readSnapshot(machine, fileOf(paths, scope === 'kubernetes' ? 'kubernetes' : 'install'))
}
