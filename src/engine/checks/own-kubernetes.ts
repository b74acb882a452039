import type { HostView } from '../../host/host.ts'
import { decodeRecords } from '../../ledger/record-format.ts'
import { replay } from '../../ledger/replay.ts'

/** The first things that a provisioning run puts on a machine: its ports and units belong to these. */
const BROUGHT_BY_US = [
  '/usr/local/bin/kubelet',
  '/usr/local/bin/etcd',
  '/usr/local/lib/cantrip/bin/containerd',
  '/usr/local/bin/containerd', // of installations up to 0.1
  '/etc/kubernetes',
  '/etc/systemd/system/kubelet.service',
  '/etc/systemd/system/etcd.service',
]

/**
 * Is the Kubernetes on this machine, whole or half-finished, the work of the installation whose state lies in this
 * directory? Its ledger says so: there the change stands and was not taken back. A foreign one is in no ledger of ours.
 */
export async function ownKubernetes(view: HostView, stateDirectory: string): Promise<boolean> {
  const directory = `${stateDirectory}/ledger`
  for (const name of (await view.list(directory)) ?? []) {
    const path = `${directory}/${name}`
    if ((await view.stat(path))?.kind !== 'file') continue
    const { entries } = decodeRecords(Buffer.from((await view.read(path)) ?? ''))
    const { outstanding } = replay(entries)
    if (outstanding.some(({ undo }) => 'path' in undo && BROUGHT_BY_US.includes(undo.path))) return true
  }
  return false
}
