import type { Cni } from '../../protocol/names.ts'
import type { ProvisionComponent } from '../../provision/provision.ts'
import { installStep } from '../../provision/steps/install-step.ts'
import { comeFirst } from './come-first.ts'
import { writeNetworkConfiguration } from './steps.ts'

const PLUGINS = ['bridge', 'loopback', 'host-local', 'portmap', 'bandwidth']

export const installPlugins = (cni: Cni) =>
  installStep(
    'cni-plugins/install',
    'Installing CNI plugins',
    'cni-plugin',
    cni === 'flannel' ? [...PLUGINS, 'flannel'] : PLUGINS,
  )

/** Installed before the kubelet starts, so that the node is Ready as soon as it is registered. */
export const cniPlugins: ProvisionComponent = {
  id: 'cni-plugins',
  after: [],
  steps: ({ cluster }) => {
    const install = installPlugins(cluster.cni)
    // Calico and Cilium write their configuration themselves, with values that they detect on the node.
    return cluster.cni === 'flannel' ? [comeFirst, install, writeNetworkConfiguration] : [comeFirst, install]
  },
}
