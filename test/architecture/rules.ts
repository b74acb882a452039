/**
 * Who may import whom. A folder's rule names the folders of src/ that it may import besides itself; the most specific
 * folder counts. Type-only imports count too: a type is knowledge.
 */
export const MAY_IMPORT: Record<string, readonly string[]> = {
  base: [],
  // bundle/versions: data alone. base: remedies of errors, and how a command is quoted.
  protocol: ['bundle/format', 'bundle/versions', 'base/command', 'base/remedy'],
  'bundle/format': [],
  'bundle/versions': [],
  pki: ['base'],
  host: ['base'],
  'host/linux': ['base', 'host', 'protocol/wire/facts'],
  // The recording host is where changing the machine and remembering it meet.
  'host/recording': ['base', 'host', 'ledger'],
  ledger: ['base', 'host'],
  engine: ['base', 'host', 'ledger'],
  // How a machine is, and in what it differs from how it was.
  snapshot: ['base', 'host'],
  report: ['base', 'engine'],
  // One client for agent, operator and CLI.
  'controller-client': ['base', 'protocol'],
  bundle: ['base', 'host', 'protocol', 'provision/params'],
  // ledger: what an earlier run has left is told by its entries alone.
  checks: ['base', 'host', 'engine/checks', 'engine/step', 'protocol', 'ledger/replay', 'ledger/record-format'],
  'checks/catalog.generated': ['checks', 'engine/checks', 'engine/step'],
  // What the components that make a Kubernetes node share: parameters, paths, kubeadm's phases, the API.
  provision: ['base', 'host', 'engine', 'protocol', 'bundle/format'],
  components: ['operator/api-watch/settings', 'provision', 'base', 'host', 'engine', 'pki', 'protocol'],
  // What a master does in the cluster for another node.
  operations: ['base', 'host', 'provision', 'pki', 'protocol'],
  roles: ['engine', 'components', 'provision', 'protocol'],
  operator: ['base', 'controller-client', 'protocol'],
  // A service of its own, which looks after the records of the API's name.
  'operator/api-watch': [],
  agent: ['base', 'controller-client', 'host', 'ledger', 'engine', 'snapshot', 'report', 'protocol', 'pki'],
  'agent/execute': [
    'agent',
    'base',
    'host',
    'ledger',
    'engine',
    'bundle',
    'provision/params',
    'roles',
    'protocol',
    'pki',
  ],
  controller: ['base', 'protocol', 'pki', 'bundle'],
  // Pure: no I/O, no clock, no store.
  'controller/domain': ['base', 'protocol'],
  'controller/domain/ids': [],
  cli: ['*'],
  'agent.ts': ['*'],
  'controller.ts': ['*'],
}

/** Only these may import a folder, whatever the rules above say. */
export const ONLY_FROM: Record<string, readonly string[]> = {
  'agent/execute': ['cli', 'agent/execute'],
  'controller/start': ['cli'],
  // A backend is named where the controller starts; everybody else has the port.
  'controller/store/sqlite': ['controller/start', 'controller/store/sqlite'],
}

/** Node modules and packages that only some folders may touch: whoever else needs one goes through these. */
export const ONLY_IN: Record<string, readonly string[]> = {
  'node:child_process': ['host/linux', 'bundle/make', 'agent/service', 'agent/gate', 'agent/execute'],
  systeminformation: ['host/linux'],
  undici: ['host/linux'],
  tar: ['bundle', 'agent/logs'],
  ws: ['agent/link', 'controller/live', 'controller/api/upgrade'],
  'node:sqlite': ['controller/store/sqlite'],
  'node-forge': ['pki'],
  'node-forge/lib/asn1.js': ['pki'],
  commander: ['cli'],
  fastify: ['controller/api'],
}

/** More loose files than this make a folder hard to read: it wants rooms of its own. Tests do not count. */
export const MOST_FILES = 12
