import type { ProvisionComponent } from '../../provision/provision.ts'
import { installStep } from '../../provision/steps/install-step.ts'
import { comeFirst } from './come-first.ts'
import { writeNetworkConfiguration } from './steps.ts'

const PLUGINS = ['bridge', 'loopback', 'host-local', 'portmap', 'bandwidth']

/** Installed before the kubelet starts, so that the node is Ready as soon as it is registered. */
export const cniPlugins: ProvisionComponent = {
  id: 'cni-plugins',
  after: [],
  steps: ({ cluster }) => {
    const plugins = cluster.cni === 'flannel' ? [...PLUGINS, 'flannel'] : PLUGINS
    const install = installStep('cni-plugins/install', 'Installing CNI plugins', 'cni-plugin', plugins)
    // Calico and Cilium write their configuration themselves, with values that they detect on the node.
    return cluster.cni === 'flannel' ? [comeFirst, install, writeNetworkConfiguration] : [comeFirst, install]
  },
}
