import type { HostView } from '../../host/host.ts'
import type { Operation } from '../../protocol/wire/operation.ts'
import { notYet, type Outcome } from '../answer.ts'
import { ask, isThere, NO_API } from '../ask.ts'

/** On a Node that Cantrip made unschedulable for a while. Absent where a person did it, also before Cantrip needed it. */
export const CORDON_ANNOTATION = 'cantrip.local/cordoned'

interface KubernetesNode {
  metadata: {
    resourceVersion?: string
    annotations?: Record<string, string>
    /** Who has set which fields last. */
    managedFields?: { fieldsV1?: { 'f:metadata'?: { 'f:annotations'?: object }; 'f:spec'?: object } }[]
  }
  spec?: { unschedulable?: boolean }
}

type Change = 'cordon' | 'cordon-for-now' | 'uncordon' | 'uncordon-own'

const TRIES = 5

export async function cordon(host: HostView, { target }: Operation & { operation: 'cordon' }): Promise<Outcome> {
  const { name } = target
  const cordoned = await changeNode(host, name, 'cordon')
  if (cordoned === undefined) return notYet(NO_API)
  if (cordoned === 'done') return { outcome: 'done' }
  const fix = 'see which nodes there are: kubectl get nodes'
  return {
    outcome: 'failed',
    error: { code: 'node/not-registered', message: `node ${name} is not in the cluster`, fix },
  }
}

/** Done also without a Node of that name. */
export async function uncordon(
  host: HostView,
  { target, onlyOwn }: Operation & { operation: 'uncordon' },
): Promise<Outcome> {
  const change = onlyOwn ? 'uncordon-own' : 'uncordon'
  return (await changeNode(host, target.name, change)) ? { outcome: 'done' } : notYet(NO_API)
}

/** Can be repeated. `gone` if there is no such Node, undefined if the API does not answer. */
export async function changeNode(host: HostView, name: string, change: Change): Promise<'done' | 'gone' | undefined> {
  const path = `/api/v1/nodes/${name}`
  for (let tries = 0; tries < TRIES; tries++) {
    const found = await ask(host, 'GET', path)
    if (!found || !isThere(found)) return found && 'gone'
    const node = JSON.parse(found.body) as KubernetesNode
    const wanted = wantedOf(node, change)
    if (wanted === undefined) return 'done'
    const { resourceVersion } = node.metadata
    const { isCordoned, isOwn } = wanted
    const annotations = { [CORDON_ANNOTATION]: isOwn ? 'true' : null }
    const patch = { metadata: { resourceVersion, annotations }, spec: { unschedulable: isCordoned ? true : null } }
    const changed = await ask(host, 'MERGE', path, patch)
    // A conflict: the Node was changed since it was read.
    if (changed?.status !== 409) return changed && (isThere(changed) ? 'done' : 'gone')
  }
  return undefined
}

/** Undefined if nothing is to be changed. */
function wantedOf(
  { metadata, spec }: KubernetesNode,
  change: Change,
): { isCordoned: boolean; isOwn: boolean } | undefined {
  const isCordoned = spec?.unschedulable === true
  const isOwn = isMarked(metadata) && !(isCordoned && isOfOthers(metadata))
  switch (change) {
    case 'cordon':
      return isCordoned && !isOwn ? undefined : { isCordoned: true, isOwn: false }
    case 'cordon-for-now':
      return isCordoned ? undefined : { isCordoned: true, isOwn: true }
    case 'uncordon':
      return isCordoned || isOwn ? { isCordoned: false, isOwn: false } : undefined
    case 'uncordon-own':
      if (isOwn) return { isCordoned: false, isOwn: false }
      return isMarked(metadata) ? { isCordoned, isOwn: false } : undefined
  }
}

const isMarked = ({ annotations }: KubernetesNode['metadata']) => annotations?.[CORDON_ANNOTATION] !== undefined

/** Somebody else has uncordoned the node meanwhile, and cordoned it again: the mark is left, and the cordon is theirs. */
function isOfOthers({ managedFields = [] }: KubernetesNode['metadata']): boolean {
  const owner = managedFields.find(({ fieldsV1 }) => fieldsV1?.['f:spec'] && 'f:unschedulable' in fieldsV1['f:spec'])
  const marks = owner?.fieldsV1?.['f:metadata']?.['f:annotations']
  return owner !== undefined && !(marks && `f:${CORDON_ANNOTATION}` in marks)
}
