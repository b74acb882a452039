import { AgentError } from '../../base/agent-error.ts'
import { KUBELET_STATE } from '../../base/kubernetes-paths.ts'
import type { HostView } from '../../host/host.ts'
import { askApi, readApi } from '../../provision/api/api.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

/** The keys of the labels that Cantrip has set, so that it removes one that the setting no longer has. */
const KEYS_ANNOTATION = 'cantrip.local/labels'

interface NodeObject {
  metadata: { labels?: Record<string, string>; annotations?: Record<string, string> }
}

/** A node may change its own labels, except for those of Kubernetes that NodeRestriction protects. */
export const labelNode: ProvisionStep = {
  id: 'node/label',
  title: 'Labeling the node',
  async isDone(host, params) {
    const found = await readApi<NodeObject>(host, params, pathOf(params))
    // A kubelet that has not registered yet registers with its flag.
    if (found === undefined) {
      const pairs = await pairsOfFlag(host)
      return Object.entries(params.node.labels).every(([key, value]) => pairs.includes(`${key}=${value}`))
    }
    const { labels = {} } = found.metadata
    const isLabeled = Object.entries(params.node.labels).every(([key, value]) => labels[key] === value)
    return isLabeled && (await formerKeys(host, params, found)).length === 0
  },
  async apply(host, params) {
    if (host.isDryRun) return
    const found = await readApi<NodeObject>(host, params, pathOf(params))
    const removed = found === undefined ? [] : await formerKeys(host, params, found)
    const { labels } = params.node
    const metadata = {
      labels: { ...labels, ...Object.fromEntries(removed.map((key) => [key, null])) },
      annotations: { [KEYS_ANNOTATION]: Object.keys(labels).join(',') },
    }
    const headers = { 'content-type': 'application/merge-patch+json' }
    const request = { method: 'PATCH', headers, body: JSON.stringify({ metadata }) } as const
    const answer = await askApi(host, params, pathOf(params), request)
    if (answer?.status === 200) return
    const why = answer === undefined ? 'the API does not answer' : `the API answers ${answer.status}: ${answer.body}`
    throw new AgentError('node/not-labeled', `${params.node.name} could not be labeled: ${why}`, {
      fix: 'wait until the API is ready, and run the same command again',
    })
  },
}

const pathOf = ({ node }: Pick<ProvisionParams, 'node'>) => `/api/v1/nodes/${node.name}`

/** Labels that Cantrip has set, and that are no longer wanted. A kubelet that joined with labels has them as a flag. */
async function formerKeys(host: HostView, { node }: ProvisionParams, { metadata }: NodeObject): Promise<string[]> {
  const { labels = {}, annotations = {} } = metadata
  const noted = annotations[KEYS_ANNOTATION]
  const keys = noted === undefined ? await keysOfFlag(host) : noted.split(',')
  return keys.filter((key) => labels[key] !== undefined && node.labels[key] === undefined)
}

async function keysOfFlag(host: HostView): Promise<string[]> {
  return (await pairsOfFlag(host)).map((pair) => pair.replace(/=.*/, ''))
}

async function pairsOfFlag(host: HostView): Promise<string[]> {
  const flags = (await host.read(`${KUBELET_STATE}/kubeadm-flags.env`)) ?? ''
  return /--node-labels=([^\s"]+)/.exec(flags)?.[1]?.split(',') ?? []
}
