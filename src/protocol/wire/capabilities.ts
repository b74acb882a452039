import { OPERATION_FRAME } from './released-names.ts'

/*
 * What an agent understands, by name: `frame/<t>`, `instruction/<role>`, `operation/<kind>`, `setting/<name>` for a
 * setting and `params/<name>` for another parameter that came after the first release, and `change/<kind>` for what a run of
 * the role `upgrade` changes besides the version of Kubernetes; `change/rejoin` if a master joins a restored etcd beside others that run.
 * The controller sends it nothing else.
 */

/** Of an agent that lists none: builds up to f2add13. Never extended. */
export const FIRST_CAPABILITIES: readonly string[] = [
  ...['welcome', 'instruct', OPERATION_FRAME, 'cancel', 'state', 'pair-check', 'ack', 'drain', 'refuse'].map(
    (t) => `frame/${t}`,
  ),
  ...['first-master', 'master', 'worker', 'reset'].map((role) => `instruction/${role}`),
  ...['invite', 'retire', 'look-at-etcd'].map((kind) => `operation/${kind}`),
]

/** Of this build. A list of names, because the agent sends it before it loads any schema; a test compares it with the schemas. */
export const CAPABILITIES: readonly string[] = [
  ...FIRST_CAPABILITIES,
  ...['trust', 'controllers', 'images', 'pieces'].map((t) => `frame/${t}`),
  ...['upgrade', 'add-ons', 'renew', 'restore-etcd'].map((role) => `instruction/${role}`),
  ...['grant-access', 'revoke-access', 'list-access', 'update-agent'].map((kind) => `operation/${kind}`),
  ...['cordon', 'cordon-and-drain', 'uncordon', 'move-leader', 'etcd-status', 'check-upgrade', 'node-labels'].map(
    (kind) => `operation/${kind}`,
  ),
  'change/endpoint',
  'change/rejoin',
  'params/kubeletCertificates',
  'params/addOns',
  'params/disks',
  ...['back-up-etcd', 'look-at-backups', 'check-backup'].map((kind) => `operation/${kind}`),
  ...['certSANs', 'httpProxy', 'httpsProxy', 'noProxy', 'workerProxy'].map((name) => `setting/${name}`),
  'setting/nodeProxies',
  ...['registryMirrors', 'mirrorOnly', 'registryCa'].map((name) => `setting/${name}`),
]
