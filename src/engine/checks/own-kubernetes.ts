import { ETCD_UNIT, KUBELET_UNIT, KUBERNETES, UNITS } from '../../base/kubernetes-paths.ts'
import { containerdPrograms, LAYOUTS, STANDARD } from '../../base/layout.ts'
import type { HostView } from '../../host/host.ts'
import { isOfPreparation } from '../../ledger/baked.ts'
import { decodeRecords } from '../../ledger/record-format.ts'
import { replay } from '../../ledger/replay.ts'

/** The first files of a provisioning run, which own its ports and units. */
const PROVISIONED_PATHS = [
  ...LAYOUTS.flatMap((layout) => [
    ...['kubelet', 'etcd'].map((name) => `${layout.binaries}/${name}`),
    `${containerdPrograms(layout)}/containerd`,
  ]),
  `${STANDARD.binaries}/containerd`, // of installations up to 0.1
  KUBERNETES,
  `${UNITS}/${KUBELET_UNIT}`,
  `${UNITS}/${ETCD_UNIT}`,
]

/**
 * Whether the installation with this state directory provisioned, completely or partly, the Kubernetes on this machine:
 * its ledger has outstanding changes of provisioned paths. Executables that are only part of the image, or prepared, are none.
 */
export async function hasOwnKubernetes(view: HostView, stateDirectory: string): Promise<boolean> {
  const changed = await changedPaths(view, stateDirectory)
  return changed.some(({ step, path }) => !isOfPreparation(step) && PROVISIONED_PATHS.includes(path))
}

/** The files that the installation with this state directory made part of the image of this machine, or prepared. */
export async function bakedFiles(view: HostView, stateDirectory: string): Promise<ReadonlySet<string>> {
  const changed = await changedPaths(view, stateDirectory)
  return new Set(changed.flatMap(({ step, path }) => (isOfPreparation(step) ? [path] : [])))
}

/** Of the outstanding changes in its ledger. */
async function changedPaths(view: HostView, stateDirectory: string): Promise<{ step: string; path: string }[]> {
  const directory = `${stateDirectory}/ledger`
  const changed: { step: string; path: string }[] = []
  for (const name of (await view.list(directory)) ?? []) {
    const path = `${directory}/${name}`
    if ((await view.stat(path))?.kind !== 'file') continue
    const { entries } = decodeRecords(Buffer.from((await view.read(path)) ?? ''))
    const { outstanding } = replay(entries)
    changed.push(...outstanding.flatMap(({ step, undo }) => ('path' in undo ? [{ step, path: undo.path }] : [])))
  }
  return changed
}
