interface Example {
  body?: unknown
  answer?: unknown
}

/** A real one, so that a request with it is accepted. */
const CSR = [
  '-----BEGIN CERTIFICATE REQUEST-----',
  'MIHKMHICAQAwEDEOMAwGA1UEAwwFYWxpY2UwWTATBgcqhkjOPQIBBggqhkjOPQMB',
  'BwNCAAQdBdqFR/RttrGh/Ti/jGL9zM0CT8+V/ZpTw4CAWVY6iovgcDbo8hlIAyDO',
  'Ib+V0BZ93GSCPwmyI+Q0NWwUFH9roAAwCgYIKoZIzj0EAwIDSAAwRQIgJ7bADKbz',
  'fCIuUbWjKdEaTucyRrYFZcatIPkQ6y0F28ACIQCvFEVckmQUSpAOI/CHBoCdF2m7',
  'RudYq4QFrCIYUokMFQ==',
  '-----END CERTIFICATE REQUEST-----',
  '',
].join('\n')
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIB9zCC…\n-----END CERTIFICATE-----\n'
const ENCRYPTED_KEY = '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIHsMFcG…\n-----END ENCRYPTED PRIVATE KEY-----\n'
const SHA256 = 'a8d547e04e1cd8d9e802dd5221962b62fe01a38de60bfe0d8c362c0d8e7b0412'
const AT = '2026-11-29T17:00:00.000Z'

const NODE = {
  ...{
    id: 'n-k3v7q2ma5x',
    name: 'cp-1',
    cluster: 'factory',
    createdAt: AT,
    revision: '0b1c6a7d5e9f2a34',
    state: 'READY',
    roles: ['master'],
    address: '10.0.0.11',
  },
  ...{ os: 'Debian GNU/Linux 12 (bookworm)', agentVersion: '0.1.0', lastSeen: AT, step: null, waitingFor: null },
  fingerprint: 'SHA256:5Hn4wQk0z6mE1d8Vb2yqT7jXh3fNcR9sLpGuA0oKiWY=',
  ...{ serial: '4C4C4544', joinedAt: AT },
  ...{ connected: true, isCordoned: false, run: null, problems: [], error: null, rule: 1, ruleProblem: null },
}
const NODE_DETAIL = { ...NODE, interface: 'eno1', disks: [], warnings: [], facts: null }
const SETTINGS = { kubernetesVersion: 'v1.35.4' }

const CREDENTIALS = {
  ...{ name: 'factory', serial: '4f1d2c', state: 'valid', createdAt: AT, expiresAt: '2027-11-29T17:00:00.000Z' },
  ...{
    issuedBy: 'local',
    lastUsedAt: null,
    revokedAt: null,
    revokedBy: null,
    maxNodes: null,
    enrolled: 0,
    fetchableUntil: null,
  },
}
const ADMINISTRATOR = {
  ...{ name: 'alice', serial: '7a90be', state: 'valid', createdAt: AT, expiresAt: '2027-11-29T17:00:00.000Z' },
  ...{ issuedBy: 'local', lastUsedAt: null, revokedAt: null, revokedBy: null },
}
const AUTHORITY = {
  authorities: [{ name: 'Cantrip CA', fingerprint: '1f4a…', expiresAt: '2036-11-26T17:00:00.000Z' }],
  ...{ rotating: false, nodes: 3, ready: 3, waiting: [] },
}
const ENTRY = {
  ...{ seq: 42, at: AT, cluster: 'factory', node: { id: NODE.id, name: NODE.name }, run: null },
  event: { kind: 'node-state', at: AT, state: 'APPROVED' },
}

const DECLARATION = {
  ...{ apiVersion: 'cantrip/v1', kind: 'Cluster', metadata: { name: 'factory', project: 'default' } },
  spec: {
    ...SETTINGS,
    location: 'Berlin, hall 3',
    nodes: [{ match: { hostname: 'cp-[1-3]' }, roles: ['master'], interface: 'eno1', approve: 'automatically' }],
  },
}
const GRANTS = [{ role: 'operator', project: 'berlin' }]
const ACCOUNT = {
  ...{ name: 'alice', grants: GRANTS, state: 'enabled' },
  ...{ createdAt: AT, createdBy: 'local', lastUsedAt: null, disabledAt: null },
}

const UPGRADE = {
  ...{ from: 'v1.35.4', to: 'v1.37.2', rounds: ['v1.36.2', 'v1.37.2'], version: 'v1.36.2', state: 'running' },
  ...{
    settings: null,
    done: 0,
    of: 1,
    waitingFor: 'the operator to check in',
    error: null,
    beganAt: AT,
    endedAt: null,
  },
  nodes: [{ name: 'cp-1', version: 'v1.35.4', phase: 'waiting', waitingFor: null }],
}

const IMAGE = {
  ...{ name: 'registry.example/tool:v1', pinned: true, addedAt: AT, addedBy: 'alice' },
  archives: [{ arch: 'x64', digest: `sha256:${SHA256}`, bytes: 4_318_208 }],
  ...{ nodes: { have: ['cp-1'], wanted: 2 }, problems: [] },
}

/** Bodies and answers of routes, by the id of the route. A test parses them with the schemas of the routes. */
export const EXAMPLES: Readonly<Record<string, Example>> = {
  beginDeviceLogin: { body: {} },
  completeDeviceLogin: {
    body: { login: 'Zc0v4mK9…' },
    answer: {
      ...{ name: 'oidc:alice', grants: [{ role: 'operator', project: 'berlin' }], expiresAt: AT },
      ...{ token: 'cantrip-session_…', ca: CERTIFICATE },
    },
  },
  signInWithSecret: { body: { token: 'cantrip-code_…' } },
  createLoginCode: { body: {} },
  ping: { answer: { now: AT } },
  createKubeconfig: { body: { role: 'view', seconds: 28_800, csr: CSR } },
  createCluster: { body: { name: 'factory', settings: SETTINGS, csr: CSR } },
  showDeclaration: { answer: DECLARATION },
  applyDeclaration: {
    body: { declaration: DECLARATION },
    answer: {
      ...{ cluster: 'factory', isNew: false, problems: [], conflicts: [], upgrade: null, revision: 'PyK5w…' },
      changes: [{ path: 'spec.location', from: '""', to: '"Berlin, hall 3"' }],
      nodes: [{ id: NODE.id, name: NODE.name, action: 'approve', detail: 'rule 1: master at eno1' }],
    },
  },
  planCluster: {
    answer: {
      bundle: 'kubernetes-v1.35.4-x64',
      nodes: [{ id: NODE.id, name: NODE.name, role: 'first-master', repair: false, because: 'configured' }],
      problems: [],
    },
  },
  planUpgrade: {
    answer: {
      ...{ from: 'v1.35.4', rounds: ['v1.36.2', 'v1.37.2'], problems: [], findings: [] },
      nodes: [{ name: 'cp-1', version: 'v1.35.4', role: 'master', wave: 0, isDrained: false, group: null }],
    },
  },
  changeSettings: {
    body: { settings: { certSANs: ['api.example.org'], labels: { rack: null } } },
    answer: {
      changes: [
        { name: 'certSANs', class: 'control-plane' },
        { name: 'labels', class: 'live' },
      ],
      nodes: [{ name: 'cp-1', role: 'master', wave: 0, restarts: ['kubelet'] }],
      ...{ addOns: false, problems: [] },
    },
  },
  startUpgrade: {
    body: { to: 'v1.37.2', maxUnavailable: '20%', groupBy: 'topology.kubernetes.io/zone' },
    answer: UPGRADE,
  },
  pauseUpgrade: { answer: { ...UPGRADE, state: 'paused', waitingFor: null } },
  resumeUpgrade: { answer: UPGRADE },
  cancelUpgrade: { answer: { ...UPGRADE, state: 'cancelling', waitingFor: null } },
  restoreBackup: { body: { backup: 'cp-1-20261129T205014Z' } },
  recoverCluster: { body: { survivor: 'cp-1' } },
  showHealth: {
    answer: {
      etcd: null,
      etcdAt: null,
      nodes: [{ name: 'cp-1', ready: true, unhealthy: [] }],
      reportedAt: AT,
      isCurrent: true,
      certificates: [
        {
          ...{ node: 'cp-1', name: 'apiserver', owner: 'kubernetes', renewedBy: 'agent' },
          ...{ notBefore: AT, notAfter: '2027-11-28T12:00:00.000Z', state: 'valid' },
        },
      ],
    },
  },
  deleteCluster: { answer: {} },
  listBundles: {
    answer: [
      {
        ...{ name: 'kubernetes-v1.35.4-x64', kubernetesVersion: 'v1.35.4', arch: 'x64', createdAt: AT },
        ...{ files: 31, bytes: 612_368_384, manifestSha256: '9d'.repeat(32) },
        publicKey: 'MCowBQYDK2VwAyEA',
      },
    ],
  },
  deleteBundle: { answer: { name: 'kubernetes-v1.35.4-x64', manifestSha256: '9d'.repeat(32) } },
  listCredentials: { answer: [CREDENTIALS] },
  renewCredentials: { body: { name: 'second-hall', csr: CSR, days: 30, maxNodes: 20 } },
  revokeCredentials: { answer: { ...CREDENTIALS, state: 'revoked', revokedAt: AT, revokedBy: 'alice' } },
  createJoinCommand: {
    body: {
      ...{ name: 'second-hall', csr: CSR, encryptedKey: ENCRYPTED_KEY, tokenSha256: SHA256 },
      ...{ validSeconds: 86_400, maxNodes: 20 },
    },
  },
  listNodes: { answer: { items: [NODE], next: 'WyIyMDI2LTExLTI5IiwibiJd' } },
  showNode: { answer: NODE_DETAIL },
  listImages: { answer: { images: [IMAGE] } },
  addImages: { body: { upload: SHA256 }, answer: { images: [IMAGE] } },
  removeImage: { answer: {} },
  removeNode: { answer: {} },
  approveNode: { answer: { ...NODE_DETAIL, state: 'APPROVED', roles: [] } },
  startAgentUpdate: { body: { to: '0.2.0', canary: 1, maxUnavailable: '10%' } },
  configureNode: {
    body: { roles: ['master', 'worker'], interface: 'eno1' },
    answer: { ...NODE_DETAIL, state: 'CONFIGURED', roles: ['master', 'worker'] },
  },
  labelNode: {
    body: { labels: { rack: '7', 'example.org/line': null } },
    answer: { ...NODE_DETAIL, labels: { rack: '7' } },
  },
  drainNode: { body: { deadline: '2026-11-29T18:04:05Z', onBlocked: 'wait' } },
  listEvents: { answer: { events: [ENTRY], last: 42 } },
  listAdministrators: { answer: [ADMINISTRATOR] },
  createAdministrator: {
    body: { name: 'alice', csr: CSR, days: 90 },
    answer: { administrator: ADMINISTRATOR, certificate: CERTIFICATE, ca: CERTIFICATE },
  },
  revokeAdministrator: { answer: [{ ...ADMINISTRATOR, state: 'revoked', revokedAt: AT, revokedBy: 'bob' }] },
  showAuthority: { answer: AUTHORITY },
  rotateAuthority: { body: {}, answer: { ...AUTHORITY, rotating: true, ready: 0 } },
  createAccount: { body: { name: 'alice', password: 'four random words', grants: GRANTS }, answer: ACCOUNT },
  changePassword: {
    body: { present: 'four random words', password: 'four other words' },
    answer: { ...ACCOUNT, token: 'cantrip-session_…' },
  },
  changeAccount: { body: { disabled: true }, answer: { ...ACCOUNT, state: 'disabled', disabledAt: AT } },
  createToken: { body: { name: 'ci', grants: GRANTS, days: 30 } },
  createSession: { body: { name: 'alice', password: 'four random words' } },
  finishAuthority: { body: {}, answer: AUTHORITY },
}
