import { command, remarked } from '../../base/command.ts'
import type { Finding } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'
import { networkFilesBefore } from '../../host/network/network-files.ts'

/** Of flannel; Calico's and Cilium's come before it. */
const OWN = '10-flannel.conflist'
const OF_A_NETWORK = /\/(10-calico\.conflist|05-cilium\.conf(list)?)$/

/**
 * Configurations of CNI that containerd would take instead of the cluster's network: pods would get addresses of another
 * network, the same ones on two nodes. One that sorts later (podman's, nerdctl's) is not read.
 */
export async function networkFileFindings(host: HostView, isOurs: boolean): Promise<Finding[]> {
  const paths = await networkFilesBefore(host, OWN)
  const foreign = paths.filter((path) => !(isOurs && OF_A_NETWORK.test(path)))
  return foreign.map((path) => ({
    kind: 'fail',
    found: `${path} sorts before the configuration of the cluster's network; containerd uses the first file`,
    wanted: `no network configuration that sorts before ${OWN}`,
    fix: remarked(command`mv ${path} ${`${path}.disabled`}`, 'another containerd that runs pods has read it too'),
  }))
}
