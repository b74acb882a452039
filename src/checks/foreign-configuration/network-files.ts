import type { Finding } from '../../engine/findings.ts'
import { escapeArgv } from '../../errors/escape-argv.ts'
import type { HostView } from '../../host/host.ts'

const DIRECTORY = '/etc/cni/net.d'
/** Those that containerd reads; it takes the first in order of name. */
const READ = /\.(conf|conflist|json)$/
/** Of flannel; Calico's and Cilium's come before it. */
const OWN = '10-flannel.conflist'
const OF_A_NETWORK = [OWN, '10-calico.conflist', '05-cilium.conflist', '05-cilium.conf']

/**
 * Configurations of CNI that containerd would take instead of the cluster's network: pods would get addresses of another
 * network, the same ones on two nodes. One that sorts later (podman's, nerdctl's) is not read.
 */
export async function networkFileFindings(host: HostView, isOurs: boolean): Promise<Finding[]> {
  const names = ((await host.list(DIRECTORY)) ?? []).filter((name) => READ.test(name) && name < OWN)
  const foreign = names.filter((name) => !(isOurs && OF_A_NETWORK.includes(name)))
  return foreign.map((name) => {
    const path = `${DIRECTORY}/${name}`
    return {
      kind: 'fail',
      found: `${escapeArgv([path])} sorts before the configuration of the cluster's network, and containerd takes the first`,
      wanted: `no configuration of a network before ${OWN}`,
      fix: escapeArgv(['mv', path, `${path}.disabled`]),
    }
  })
}
