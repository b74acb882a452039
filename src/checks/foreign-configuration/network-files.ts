import { command, remarked } from '../../base/command.ts'
import { POD_NETWORK_TRACES } from '../../base/pod-network-traces.ts'
import type { Finding } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'
import { cniConfigurationsBefore } from '../../host/network/cni-configurations.ts'

/** The file of flannel. Those of Calico and Cilium sort before it. */
const OWN = '10-flannel.conflist'
const OF_POD_NETWORKS = Object.values(POD_NETWORK_TRACES).flatMap(({ files }) => files)

/**
 * CNI configurations that containerd would use instead of the cluster's network: pods would get addresses of another
 * network, the same ones on two nodes. One that sorts later (podman, nerdctl) is not read.
 *
 * @param isInstalled Cantrip's Kubernetes is on this machine, so files of the supported pod networks are its own
 */
export async function networkFileFindings(host: HostView, isInstalled: boolean): Promise<Finding[]> {
  const paths = await cniConfigurationsBefore(host, OWN)
  const foreign = paths.filter((path) => !(isInstalled && OF_POD_NETWORKS.includes(path)))
  return foreign.map((path) => ({
    kind: 'fail',
    found: `${path} sorts before the configuration of the cluster's network; containerd uses the first file`,
    wanted: `no network configuration that sorts before ${OWN}`,
    fix: remarked(command`mv ${path} ${`${path}.disabled`}`, 'another containerd that runs pods has read it too'),
  }))
}
