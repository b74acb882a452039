/**
 * The import rules. A rule lists the folders of src/ that a folder may import, in addition to itself. The rule of the most
 * specific folder applies. Type-only imports count too.
 */
export const MAY_IMPORT: Record<string, readonly string[]> = {
  base: [],
  // bundle/versions: data only. base: remedies of errors, and the quoting of commands.
  protocol: ['bundle/format', 'bundle/versions', 'base/command', 'base/remedy'],
  'bundle/format': [],
  'bundle/add-ons/layout': ['bundle/format'],
  'bundle/versions': [],
  pki: ['base'],
  host: ['base'],
  'host/linux': ['base', 'host', 'protocol/wire/facts', 'protocol/version'],
  ledger: ['base', 'host'],
  engine: ['base', 'host', 'ledger'],
  // The state of a machine, and its differences from an earlier state.
  snapshot: ['base', 'host'],
  report: ['base', 'engine'],
  // What an add-on is, and its objects with values. provision/kubeadm: reads YAML as Go programs do.
  'add-ons': ['base', 'protocol', 'provision/kubeadm/yaml'],
  // The client that agent, operator and CLI share.
  'controller-client': ['base', 'protocol'],
  bundle: ['add-ons', 'base', 'host', 'protocol', 'provision/params'],
  // Disks with the agent, for machines that do not exist yet.
  'machine-image': ['base', 'bundle/arch', 'host/argv', 'host/parse/os-release', 'protocol/kubernetes-version'],
  // ledger: its entries say what an earlier run left behind.
  checks: ['base', 'host', 'engine/checks', 'engine/step', 'protocol', 'ledger/replay', 'ledger/record-format'],
  'checks/catalog.generated': ['checks', 'engine/checks', 'engine/step'],
  // Shared by the components of a Kubernetes node: parameters, paths, kubeadm's phases, the API.
  provision: ['base', 'host', 'engine', 'protocol', 'bundle/format', 'bundle/add-ons/layout'],
  components: ['operator/api-watch/settings', 'provision', 'base', 'host', 'engine', 'pki', 'protocol'],
  // What a master does in the cluster for another node.
  operations: ['base', 'host', 'provision', 'pki', 'protocol'],
  roles: ['engine', 'components', 'provision', 'protocol'],
  // host: through a proxy it reaches the controller as the agent does.
  operator: ['add-ons', 'base', 'controller-client', 'host/network', 'host/linux/network', 'pki', 'protocol'],
  // A separate service, which maintains the DNS records of the API endpoint.
  'operator/api-watch': [],
  agent: ['base', 'controller-client', 'host', 'ledger', 'engine', 'snapshot', 'report', 'protocol', 'pki'],
  'agent/execute': [
    'agent',
    'base',
    'controller-client',
    'host',
    'ledger',
    'engine',
    'bundle',
    // Whether the clock can be relied on.
    'checks/ntp/daemons',
    'provision/certificates',
    'provision/images',
    'provision/params',
    'provision/paths',
    'roles',
    'protocol',
    'pki',
  ],
  // provision/kubeadm: parses overrides, before a node has to.
  controller: ['base', 'protocol', 'pki', 'bundle', 'provision/kubeadm/overrides'],
  // Pure: no I/O, no clock, no store.
  'controller/domain': ['base', 'protocol'],
  'controller/domain/ids': [],
  // In a browser: what it shares with the controller is data, and code without Node.
  console: [
    ...['protocol/api', 'protocol/names', 'protocol/kubernetes-version', 'protocol/settings'],
    ...['protocol/audit/entry', 'protocol/images/routes'],
    ...['base/remedy', 'bundle/versions', 'cli/controller/clusters/join/join-script'],
  ],
  cli: ['*'],
  'agent.ts': ['*'],
  'controller.ts': ['*'],
}

/** Only these folders may import a folder, regardless of the rules above. */
export const ONLY_FROM: Record<string, readonly string[]> = {
  'agent/execute': ['cli', 'agent/execute'],
  'controller/start': ['cli'],
  // Only this file names a backend. All other code uses the port.
  'controller/store/sqlite': ['controller/store/open', 'controller/store/sqlite'],
  'controller/store/postgres': ['controller/store/open', 'controller/store/postgres'],
}

/** Node modules and packages that only some folders may import. Other code uses these folders. */
export const ONLY_IN: Record<string, readonly string[]> = {
  'node:child_process': ['host/linux', 'bundle/make', 'agent/service', 'agent/gate', 'agent/execute'],
  systeminformation: ['host/linux'],
  undici: ['host/linux', 'controller/access/oidc', 'bundle/download'],
  'openid-client': ['controller/access/oidc'],
  tar: ['bundle', 'agent/logs'],
  ws: ['host/linux/network', 'agent/link', 'controller/live', 'controller/api/upgrade', 'controller/api/tunnels'],
  'node:sqlite': ['controller/store/sqlite'],
  kysely: ['controller/store/postgres'],
  pg: ['controller/store/postgres'],
  'node-forge': ['pki'],
  'node-forge/lib/asn1.js': ['pki'],
  commander: ['cli'],
  fastify: ['controller/api'],
  'prom-client': ['controller/monitoring/prometheus'],
  react: ['console'],
  'react-router': ['console'],
  '@tanstack/react-query': ['console'],
  '@patternfly/react-core': ['console/pages', 'console/parts'],
  'openapi-fetch': ['console/data'],
}

/** A folder with more files needs subfolders. Tests do not count. */
export const MOST_FILES = 12
