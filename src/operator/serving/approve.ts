import { errorMessage } from '../../base/text/error-message.ts'
import { ApiStatusError, type InCluster, patchJson } from '../in-cluster.ts'
import { sleep } from '../pause.ts'
import { Watch } from '../watch.ts'
import { type PendingRequest, SIGNER, whyNot } from './judge.ts'
import type { KnownNodes } from './known-nodes.ts'

const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
/** For requests that were not approved: the controller may have answered nothing, or a node has a new address. */
const AGAIN_MS = 10_000
/** The longest request that is read; one of a kubelet has about 500 bytes. */
const MAX_CHARACTERS = 8_192
/** Of one node: each start of a kubelet makes a new one, and only the last is waited for. */
const MAX_OF_NODE = 10
const MAX_NODES = 5_000

export interface RequestObject {
  metadata: { name: string; uid: string; resourceVersion?: string; creationTimestamp?: string }
  spec: { signerName: string; username: string; groups?: string[]; usages?: string[]; request: string }
  status?: { conditions?: { type: string }[] }
}

interface Surroundings {
  cluster: InCluster
  known: KnownNodes
  log(message: string): void
  random(): number
  signal: AbortSignal
}

/**
 * Approves the requests of kubelets for serving certificates with the names of their own node, until aborted. All others are left as
 * they are, with the reason in the log; Kubernetes deletes them after a day.
 */
export async function approveServing({ cluster, known, log, random, signal }: Surroundings): Promise<void> {
  const pending = openPending()
  const refused = new Map<string, string>()
  let wake: () => void = () => undefined
  const requests = new Watch<RequestObject, true>({
    ...{ cluster, log, random, signal, path: REQUESTS, fields: `spec.signerName=${SIGNER}` },
    reduce(object) {
      const request = pendingRequest(object)
      if (request?.isDecided) pending.remove(request)
      else if (request) pending.add(request)
      return true
    },
    onChange: () => wake(),
  })
  const decide = async (request: Pending): Promise<void> => {
    const { name, username } = request
    const addressOf = await known.addresses(signal)
    const why = whyNot(request, addressOf)
    if (why === undefined) {
      await approve(cluster, request, signal)
      refused.delete(username)
      pending.remove(request)
      log(`approved the serving certificate of ${username} (${name})`)
    } else if (refused.get(username) !== why) {
      if (refused.size >= MAX_NODES) refused.clear()
      refused.set(username, why)
      log(`the request ${name} for a serving certificate is not approved: ${why}`)
    }
  }
  const work = async () => {
    while (!signal.aborted) {
      const woken = new AbortController()
      wake = () => woken.abort()
      for (const request of pending.all()) {
        await decide(request).catch((error: unknown) => {
          if (error instanceof ApiStatusError && error.status === 404) pending.remove(request)
          else if (!signal.aborted) log(`cannot approve ${request.name}: ${errorMessage(error)}`)
        })
        if (signal.aborted) return
      }
      await sleep(AGAIN_MS, AbortSignal.any([woken.signal, signal]))
    }
  }
  await Promise.all([requests.run(), work()])
}

/** The newest requests of each node. */
function openPending() {
  const ofNodes = new Map<string, Pending[]>()
  return {
    all: () => [...ofNodes.values()].flat(),
    add(request: Pending): void {
      const { name, username } = request
      if (ofNodes.size >= MAX_NODES && !ofNodes.has(username)) return
      const all = [...(ofNodes.get(username) ?? []).filter((each) => each.name !== name), request]
      ofNodes.set(username, all.sort((a, b) => a.created.localeCompare(b.created)).slice(-MAX_OF_NODE))
    },
    remove({ name, username }: Pending): void {
      const left = (ofNodes.get(username) ?? []).filter((each) => each.name !== name)
      if (left.length > 0) ofNodes.set(username, left)
      else ofNodes.delete(username)
    },
  }
}

type Pending = PendingRequest & { uid: string; created: string; isDecided: boolean }

/** Undefined for one that is too long. */
function pendingRequest({ metadata, spec, status }: RequestObject): Pending | undefined {
  if (spec.request.length > MAX_CHARACTERS) return undefined
  const { signerName, username, groups = [], usages = [] } = spec
  const request = Buffer.from(spec.request, 'base64').toString('latin1')
  const { name, uid, creationTimestamp: created = '' } = metadata
  const isDecided = (status?.conditions ?? []).length > 0
  return { name, uid, created, isDecided, signerName, username, groups, usages, request }
}

/** Not another request that has the name by now. */
async function approve(cluster: InCluster, { name, uid }: Pending, signal: AbortSignal): Promise<void> {
  const condition = {
    ...{ type: 'Approved', status: 'True', reason: 'OwnNames' },
    message: 'approved by the Cantrip operator: the names and addresses are those of the node',
  }
  await patchJson(
    cluster,
    `${REQUESTS}/${name}/approval`,
    { metadata: { uid }, status: { conditions: [condition] } },
    signal,
  )
}
