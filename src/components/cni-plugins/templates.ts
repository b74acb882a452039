import { FLANNEL_NETWORK } from '../../base/pod-network-traces.ts'

/** The configuration that flannel's upstream manifest installs from its ConfigMap. */
export function flannelConfiguration(): string {
  const plugins = [
    { type: 'flannel', delegate: { hairpinMode: true, isDefaultGateway: true } },
    { type: 'portmap', capabilities: { portMappings: true } },
  ]
  return `${JSON.stringify({ name: FLANNEL_NETWORK, cniVersion: '0.3.1', plugins }, null, 2)}\n`
}
