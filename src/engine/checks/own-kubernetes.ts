import { BINARIES, CONTAINERD, ETCD_UNIT, KUBELET_UNIT, KUBERNETES, UNITS } from '../../base/kubernetes-paths.ts'
import type { HostView } from '../../host/host.ts'
import { decodeRecords } from '../../ledger/record-format.ts'
import { replay } from '../../ledger/replay.ts'

/** The first files of a provisioning run, which own its ports and units. */
const PROVISIONED_PATHS = [
  `${BINARIES}/kubelet`,
  `${BINARIES}/etcd`,
  `${CONTAINERD.binaries}/containerd`,
  `${BINARIES}/containerd`, // of installations up to 0.1
  KUBERNETES,
  `${UNITS}/${KUBELET_UNIT}`,
  `${UNITS}/${ETCD_UNIT}`,
]

/**
 * Whether the installation with this state directory provisioned, completely or partly, the Kubernetes on this machine:
 * its ledger has outstanding changes of provisioned paths.
 */
export async function hasOwnKubernetes(view: HostView, stateDirectory: string): Promise<boolean> {
  const directory = `${stateDirectory}/ledger`
  for (const name of (await view.list(directory)) ?? []) {
    const path = `${directory}/${name}`
    if ((await view.stat(path))?.kind !== 'file') continue
    const { entries } = decodeRecords(Buffer.from((await view.read(path)) ?? ''))
    const { outstanding } = replay(entries)
    if (outstanding.some(({ undo }) => 'path' in undo && PROVISIONED_PATHS.includes(undo.path))) return true
  }
  return false
}
