/** The configuration that flannel's upstream manifest installs from its ConfigMap. */
export function flannelConfiguration(): string {
  const plugins = [
    { type: 'flannel', delegate: { hairpinMode: true, isDefaultGateway: true } },
    { type: 'portmap', capabilities: { portMappings: true } },
  ]
  return `${JSON.stringify({ name: 'cbr0', cniVersion: '0.3.1', plugins }, null, 2)}\n`
}
