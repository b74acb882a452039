import { CNI_CONFIGURATION } from '../../base/kubernetes-paths.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { flannelConfiguration } from './templates.ts'

const FILE = `${CNI_CONFIGURATION}/10-flannel.conflist`

export const writeNetworkConfiguration: ProvisionStep = {
  id: 'cni-plugins/write-configuration',
  title: 'Configuring the pod network on the node',
  async isDone(host) {
    return (await host.read(FILE)) === flannelConfiguration()
  },
  async apply(host) {
    await host.write(FILE, flannelConfiguration())
  },
}
