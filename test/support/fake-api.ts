import type { RequestOptions, Response } from '../../src/host/network.ts'
import type { FakeHost } from './fake-host.ts'

const GRACE_MS = 30_000
const ADMIN_FIELDS = ['certificate-authority', 'client-certificate', 'client-key']

export interface FakePod {
  name: string
  node: string
  namespace?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  /** Kind of its controller; undefined: it has none. */
  owner?: string
  phase?: string
  graceSeconds?: number
  /** When its grace period ends. */
  endsAt?: string
  /** Its kubelet does not run, so it never ends. */
  isStuck?: boolean
}

export interface FakeBudget {
  name: string
  selector: object
  /** The pods of `selector`, by name. */
  pods: string[]
  allowed: number
}

export interface FakeNode {
  unschedulable?: boolean
  annotations?: Record<string, string>
  version?: number
  /** Who has set `unschedulable` last, if that is not who has set the annotations. */
  cordonedBy?: string
}

/** Nodes, pods, and evictions, of the API server on this machine. Deleted pods are there until their grace period ends. */
export interface FakeApi {
  nodes: Map<string, FakeNode>
  pods: FakePod[]
  budgets: FakeBudget[]
  /** Requests that are not GET. */
  changes: string[]
  /** Changes a Node before the next patch arrives. */
  beforePatch: (() => void)[]
  /** The next evictions get this answer. */
  refusals: Partial<Response>[]
}

export function fakeApi(host: FakeHost, nodes: readonly string[] = []): FakeApi {
  const base64 = Buffer.from('x').toString('base64')
  host.files.seed('/etc/kubernetes/admin.conf', ADMIN_FIELDS.map((name) => `    ${name}-data: ${base64}\n`).join(''))
  const api: FakeApi = {
    nodes: new Map(nodes.map((name) => [name, {}])),
    pods: [],
    budgets: [],
    changes: [],
    beforePatch: [],
    refusals: [],
  }
  host.network.onRequest('https://127.0.0.1:6443/', (url, options) => {
    const now = host.now()
    api.pods = api.pods.filter(
      ({ endsAt, isStuck }) => isStuck || endsAt === undefined || Date.parse(endsAt) > now.getTime(),
    )
    return answer(api, new URL(url), options, now)
  })
  return api
}

const json = (object: unknown, status = 200) => ({ status, body: JSON.stringify(object) })
const missing = json({ message: 'not found' }, 404)

function answer(api: FakeApi, { pathname, searchParams }: URL, { method = 'GET', body }: RequestOptions, now: Date) {
  const sent = JSON.parse(body ?? '{}')
  if (method !== 'GET') api.changes.push(`${method} ${pathname}`)
  const [, node] = /^\/api\/v1\/nodes\/([^/]+)$/.exec(pathname) ?? []
  if (node !== undefined) return answerNode(api, node, method, sent)
  const [, name = '', sub] = /^\/api\/v1\/namespaces\/[^/]+\/pods\/([^/]+)(\/eviction)?$/.exec(pathname) ?? []
  const pod = api.pods.find((each) => each.name === name)
  if (sub !== undefined) return pod ? evict(api, pod, sent.deleteOptions, now) : missing
  if (name !== '' && method === 'DELETE') return pod ? end(pod, sent, now) : missing
  if (pathname === '/api/v1/pods') return json({ items: podsOn(api, searchParams.get('fieldSelector') ?? '') })
  if (pathname.endsWith('/poddisruptionbudgets'))
    return json({
      items: api.budgets.map((each) => ({ metadata: { name: each.name }, spec: { selector: each.selector } })),
    })
  return missing
}

function answerNode(
  api: FakeApi,
  name: string,
  method: string,
  sent: { metadata?: Patch; spec?: { unschedulable: true | null } },
) {
  if (method === 'PATCH') api.beforePatch.shift()?.()
  const node = api.nodes.get(name)
  if (!node) return missing
  if (method === 'DELETE') api.nodes.delete(name)
  if (method === 'PATCH') {
    if (sent.metadata?.resourceVersion !== String(node.version ?? 0)) return json({ message: 'was changed' }, 409)
    node.version = (node.version ?? 0) + 1
    node.unschedulable = sent.spec?.unschedulable === true
    delete node.cordonedBy
    const annotations = Object.entries({ ...node.annotations, ...sent.metadata.annotations })
    node.annotations = Object.fromEntries(annotations.flatMap(([key, value]) => (value === null ? [] : [[key, value]])))
  }
  const { unschedulable, annotations = {}, version = 0, cordonedBy } = node
  const marks = { 'f:metadata': { 'f:annotations': fieldsOf(annotations) } }
  const cordon = unschedulable ? { 'f:spec': { 'f:unschedulable': {} } } : {}
  const managedFields =
    cordonedBy === undefined
      ? [{ manager: 'node', fieldsV1: { ...marks, ...cordon } }]
      : [
          { manager: 'node', fieldsV1: marks },
          { manager: cordonedBy, fieldsV1: cordon },
        ]
  const metadata = { name, annotations, resourceVersion: String(version), managedFields }
  return json({ metadata, spec: { unschedulable } })
}

const fieldsOf = (values: object) => Object.fromEntries(Object.keys(values).map((key) => [`f:${key}`, {}]))

interface Patch {
  resourceVersion?: string
  annotations?: Record<string, string | null>
}

function podsOn({ pods }: FakeApi, selector: string): object[] {
  return pods
    .filter(({ node }) => selector === `spec.nodeName=${node}`)
    .map(({ name, namespace = 'default', labels, annotations, owner, phase = 'Running', graceSeconds, endsAt }) => ({
      metadata: {
        ...{ name, namespace, uid: `uid-${name}`, labels, annotations, deletionTimestamp: endsAt },
        ...(owner !== undefined && { ownerReferences: [{ kind: owner, controller: true }] }),
      },
      spec: { terminationGracePeriodSeconds: graceSeconds },
      status: { phase },
    }))
}

interface DeleteOptions {
  gracePeriodSeconds?: number
  preconditions?: { uid: string }
}

/** With the answers of Kubernetes 1.36. */
function evict(api: FakeApi, pod: FakePod, options: DeleteOptions, now: Date): Partial<Response> {
  const refusal = api.refusals.shift()
  if (refusal) return refusal
  const budgets = api.budgets.filter(({ pods }) => pods.includes(pod.name))
  const [budget] = budgets
  if (budgets.length > 1)
    return json(
      { message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.' },
      500,
    )
  if (budget?.allowed === 0) {
    const message = `The disruption budget ${budget.name} needs 2 healthy pods and has 2 currently`
    const details = { causes: [{ reason: 'DisruptionBudget', message }] }
    return json({ message: "Cannot evict pod as it would violate the pod's disruption budget.", details }, 429)
  }
  if (budget) budget.allowed -= 1
  return end(pod, options, now)
}

function end(pod: FakePod, { gracePeriodSeconds, preconditions }: DeleteOptions, now: Date): Partial<Response> {
  if (preconditions?.uid !== `uid-${pod.name}`) return json({ message: 'the UID in the precondition differs' }, 409)
  const graceMs =
    gracePeriodSeconds === undefined ? (pod.graceSeconds ?? GRACE_MS / 1_000) * 1_000 : gracePeriodSeconds * 1_000
  const endsAt = new Date(now.getTime() + graceMs).toISOString()
  // A later request can only make the grace period shorter.
  if (pod.endsAt === undefined || endsAt < pod.endsAt) pod.endsAt = endsAt
  return json({}, 201)
}
