import { AgentError } from '../../base/agent-error.ts'
import { command, inOrder } from '../../base/command.ts'
import type { HostView } from '../../host/host.ts'
import { networkFilesBefore } from '../../host/network/network-files.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

/** What each network writes, we for flannel and its own pods for the others. */
const FILE = { flannel: '10-flannel.conflist', calico: '10-calico.conflist', cilium: '05-cilium.conflist' } as const

/**
 * A configuration that sorts before, from a package that came after the prechecks: containerd would take that one, and pods
 * of two nodes would get the same addresses. Nothing is changed before a person has moved it.
 */
export const comeFirst: ProvisionStep = {
  id: 'cni-plugins/come-first',
  title: 'Looking for the configuration of another network',
  isDone: async (host, params) => (await others(host, params)).length === 0,
  async apply(host, params) {
    const paths = await others(host, params)
    if (paths.length === 0) return
    throw new AgentError(
      'cni/another-network',
      `${paths.join(', ')} sorts before the configuration of ${params.cluster.cni}, and containerd takes the first`,
      {
        fix: `${inOrder(...paths.map((path) => command`mv ${path} ${`${path}.disabled`}`))}, then provision again`,
      },
    )
  },
}

async function others(host: HostView, { cluster }: ProvisionParams): Promise<string[]> {
  return cluster.cni === 'none' ? [] : networkFilesBefore(host, FILE[cluster.cni])
}
