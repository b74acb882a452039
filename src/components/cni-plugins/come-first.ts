import { AgentError } from '../../base/agent-error.ts'
import { command, inOrder } from '../../base/command.ts'
import type { HostView } from '../../host/host.ts'
import { cniConfigurationsBefore } from '../../host/network/cni-configurations.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

/** The file of each pod network. The agent writes that of flannel; the others are written by pods of the network. */
const FILE = { flannel: '10-flannel.conflist', calico: '10-calico.conflist', cilium: '05-cilium.conflist' } as const

/**
 * Detects a configuration that sorts first, from a package that was installed after the prechecks: containerd would use it, and
 * pods of two nodes would get the same addresses. The run fails until an administrator has moved the file.
 */
export const comeFirst: ProvisionStep = {
  id: 'cni-plugins/come-first',
  title: 'Checking for the configuration of another pod network',
  isDone: async (host, params) => (await others(host, params)).length === 0,
  async apply(host, params) {
    const paths = await others(host, params)
    if (paths.length === 0) return
    throw new AgentError(
      'cni/another-network',
      `${paths.join(', ')} sorts before the configuration of ${params.cluster.cni}, and containerd uses the first file`,
      {
        fix: `${inOrder(...paths.map((path) => command`mv ${path} ${`${path}.disabled`}`))}, then provision again`,
      },
    )
  },
}

async function others(host: HostView, { cluster }: ProvisionParams): Promise<string[]> {
  return cluster.cni === 'none' ? [] : cniConfigurationsBefore(host, FILE[cluster.cni])
}
