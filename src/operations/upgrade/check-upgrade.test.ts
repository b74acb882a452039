import { expect, test } from 'vitest'
import { fakeApi } from '../../../test/support/fake-api.ts'
import { fakeEtcd } from '../../../test/support/fake-etcd.ts'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { carryOutOperation } from '../carry-out.ts'
import { deprecatedApis } from './removed-apis.ts'

const common = { id: 'e-aaaaaaaaaa', node: 'n-aaaaaaaaaa', expiresAt: '2026-06-01T13:00:00Z' }
const METRIC = 'apiserver_requested_deprecated_apis'
/** As an API server writes them. */
const METRICS = `# HELP ${METRIC} [STABLE] Gauge of deprecated APIs that have been requested
# TYPE ${METRIC} gauge
${METRIC}{group="",removed_release="",resource="endpoints",subresource="",version="v1"} 1
${METRIC}{group="flowcontrol.apiserver.k8s.io",removed_release="1.36",resource="flowschemas",subresource="",version="v1beta3"} 1
${METRIC}{group="flowcontrol.apiserver.k8s.io",removed_release="1.36",resource="flowschemas",subresource="status",version="v1beta3"} 1
${METRIC}{group="later.k8s.io",removed_release="1.40",resource="things",subresource="",version="v1beta1"} 1
apiserver_request_total{verb="GET"} 5
`

interface Change {
  server?: string
  kubelet?: string
  ready?: string
  master?: string
  etcd?: string
  allowed?: number
  metrics?: string
  healthy?: boolean
}

function cluster({
  server = 'v1.35.4',
  kubelet = server,
  ready = 'True',
  master = 'True',
  etcd = '3.6.8',
  ...rest
}: Change) {
  const { allowed = 1, metrics = '', healthy = true } = rest
  const host = fakeHost()
  fakeApi(host)
  const [member] = fakeEtcd(host, ['127.0.0.1'], { name: 'm1', peer: 'https://127.0.0.1:2380' }).members
  Object.assign(member ?? {}, { clientURLs: ['https://127.0.0.1:2379'] })
  host.network.onRequest('https://127.0.0.1:2379/health', { status: healthy ? 200 : 503 })
  host.network.onRequest('https://127.0.0.1:2379/v3/maintenance/status', { body: JSON.stringify({ version: etcd }) })
  const node = (name: string, status: string, labels: object) => ({
    metadata: { name, labels },
    status: {
      conditions: [{ type: 'Ready', status, message: status === 'True' ? 'ok' : 'container runtime is down' }],
      addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
      nodeInfo: { kubeletVersion: kubelet },
    },
  })
  const nodes = [node('m1', master, { 'node-role.kubernetes.io/control-plane': '' }), node('w1', ready, {})]
  const status = { disruptionsAllowed: allowed, expectedPods: 2, currentHealthy: 2, desiredHealthy: 2 }
  const answers: Record<string, object> = {
    '/version': { gitVersion: server },
    '/api/v1/nodes': { items: nodes },
    '/apis/policy/v1/poddisruptionbudgets': { items: [{ metadata: { name: 'web', namespace: 'shop' }, status }] },
  }
  for (const [path, body] of Object.entries(answers))
    host.network.onRequest(`https://127.0.0.1:6443${path}`, { body: JSON.stringify(body) })
  host.network.onRequest('https://10.0.0.1:6443/metrics', metrics === 'away' ? { status: 503 } : { body: metrics })
  return host
}

async function findings(change: Change, version: string) {
  const answer = await carryOutOperation(cluster(change).machine, { ...common, operation: 'check-upgrade', version })
  if (answer.outcome !== 'done') throw new Error(JSON.stringify(answer))
  return answer.findings ?? []
}

test('a healthy cluster has nothing that an upgrade to the next minor version would break', async () => {
  expect(await findings({ metrics: METRICS.replaceAll('"1.36"', '"1.37"') }, 'v1.36.2')).toEqual([])
})

test.each<[Change, string, string, string, string]>([
  [
    {},
    'v1.37.2',
    'blocks',
    'upgrade/wrong-step',
    'the API server is v1.35.4; wanted v1.37.2 to be of the same minor version or the next one',
  ],
  [{ server: 'v1.37.2', kubelet: 'v1.35.4' }, 'v1.36.2', 'blocks', 'upgrade/wrong-step', 'the API server is v1.37.2'],
  [
    { master: 'False' },
    'v1.36.2',
    'blocks',
    'upgrade/master-not-ready',
    'node m1 is not Ready: container runtime is down',
  ],
  [{ ready: 'Unknown' }, 'v1.36.2', 'warns', 'upgrade/node-not-ready', 'node w1 is not Ready'],
  [
    { kubelet: 'v1.32.9' },
    'v1.36.2',
    'blocks',
    'upgrade/kubelet-too-old',
    'is v1.32.9, 4 minor versions older than v1.36.2',
  ],
  [{ kubelet: 'v1.37.2' }, 'v1.36.2', 'blocks', 'upgrade/kubelet-too-new', 'is v1.37.2, newer than v1.36.2'],
  [{ etcd: '3.5.9' }, 'v1.36.2', 'blocks', 'upgrade/etcd-too-old', 'etcd on m1 is 3.5.9; wanted 3.5.24 or later'],
  [{ healthy: false }, 'v1.36.2', 'blocks', 'upgrade/etcd-unhealthy', 'etcd on m1 is not healthy'],
  [{ metrics: 'away' }, 'v1.36.2', 'blocks', 'upgrade/api-away', 'the API server of m1 does not answer'],
  [
    { allowed: 0 },
    'v1.36.2',
    'warns',
    'upgrade/budget-blocks',
    'disruption budget shop/web allows no pod to move: it has 2 healthy pods and needs 2',
  ],
  [
    { metrics: METRICS },
    'v1.36.2',
    'blocks',
    'upgrade/removed-api',
    'clients request flowschemas in flowcontrol.apiserver.k8s.io/v1beta3, which Kubernetes v1.36',
  ],
])('finds %j for %s: %s, %s', async (change, version, level, code, text) => {
  const found = (await findings(change, version)).filter((each) => each.code === code)
  expect(found[0]).toMatchObject({ level, message: expect.stringContaining(text) })
  const once = ['upgrade/kubelet-too-old', 'upgrade/kubelet-too-new'].includes(code) ? 2 : 1
  expect(found).toHaveLength(once)
})

test('what blocks comes first', async () => {
  const found = await findings({ allowed: 0, ready: 'False', metrics: METRICS }, 'v1.36.2')
  expect(found.map(({ level }) => level)).toEqual(['blocks', 'warns', 'warns'])
})

test('kubelets may be three minor versions behind', async () => {
  expect(await findings({ kubelet: 'v1.33.1' }, 'v1.36.2')).toEqual([])
})

test('without the API or etcd nothing is found', async () => {
  const host = cluster({})
  host.network.onRequest('https://127.0.0.1:6443/version', { status: 503 })
  const order = { ...common, operation: 'check-upgrade', version: 'v1.36.2' } as const
  expect(await carryOutOperation(host.machine, order)).toMatchObject({ outcome: 'not-yet' })
  const other = cluster({})
  other.network.onRequest('https://127.0.0.1:2379/v3/cluster/member/', { status: 503 })
  expect(await carryOutOperation(other.machine, order)).toMatchObject({
    outcome: 'not-yet',
    waitingFor: 'etcd to answer',
  })
})

test('reads only the metric of deprecated APIs that have a release of removal', () => {
  expect(deprecatedApis(METRICS).map(({ resource, removedRelease }) => `${resource} ${removedRelease}`)).toEqual([
    'flowschemas 1.36',
    'flowschemas 1.36',
    'things 1.40',
  ])
  expect(deprecatedApis('')).toEqual([])
})

test('the values of a label are those of the nodes that have it', async () => {
  const labelsOf = async (label: string) => {
    const answer = await carryOutOperation(cluster({}).machine, { ...common, operation: 'node-labels', label })
    return answer.outcome === 'done' ? answer.labels : answer
  }
  expect(await labelsOf('node-role.kubernetes.io/control-plane')).toEqual([{ node: 'm1', value: '' }])
  expect(await labelsOf('toString')).toEqual([])
})

test('labels of more nodes than an answer can hold are refused, not cut', async () => {
  const host = cluster({})
  const items = Array.from({ length: 2_001 }, (_, at) => ({ metadata: { name: `w${at}`, labels: { zone: 'a' } } }))
  host.network.onRequest('https://127.0.0.1:6443/api/v1/nodes', { body: JSON.stringify({ items }) })
  const answer = await carryOutOperation(host.machine, { ...common, operation: 'node-labels', label: 'zone' })
  expect(answer).toMatchObject({ outcome: 'failed', error: { code: 'upgrade/not-ready' } })
})
