import type { LiveObject } from './kubernetes/kubernetes.ts'

interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
}

const number = (value: unknown) => (typeof value === 'number' ? value : 0)

/**
 * Why the object is not what its specification says yet; undefined when it is. The rules are those of kstatus
 * (sigs.k8s.io/cli-utils), except for claims: one may wait for its first pod, and the pod counts.
 */
export function whyUnhealthy(object: LiveObject): string | undefined {
  const status = object.status ?? {}
  if (object.metadata.deletionTimestamp !== undefined) return 'it is being deleted'
  const observed = status.observedGeneration
  if (typeof observed === 'number' && observed < number(object.metadata.generation))
    return 'its change is not observed yet'
  const rule = RULES[object.kind]
  if (rule) return rule(object, status)
  return negative(object, 'Reconciling') ?? negative(object, 'Stalled') ?? notTrue(object, 'Ready', 'if present')
}

type Rule = (object: LiveObject, status: Record<string, unknown>) => string | undefined

const RULES: Readonly<Record<string, Rule>> = {
  Deployment: (object, status) => {
    const progressing = conditionOf(object, 'Progressing')
    if (progressing?.reason === 'ProgressDeadlineExceeded') return 'its rollout exceeded its deadline'
    if (status.observedGeneration === undefined) return 'it is not observed yet'
    const wanted = replicasOf(object)
    if (number(status.updatedReplicas) < wanted)
      return `${number(status.updatedReplicas)} of ${wanted} pods are updated`
    if (number(status.replicas) > number(status.updatedReplicas)) return 'former pods are still there'
    if (number(status.availableReplicas) < wanted)
      return `${number(status.availableReplicas)} of ${wanted} pods are available`
    return notTrue(object, 'Available', 'if present')
  },
  StatefulSet: (object, status) => {
    if (strategyOf(object).type === 'OnDelete') return undefined
    if (status.observedGeneration === undefined) return 'it is not observed yet'
    const wanted = replicasOf(object)
    if (number(status.readyReplicas) < wanted) return `${number(status.readyReplicas)} of ${wanted} pods are ready`
    const { partition = 0 } = (strategyOf(object).rollingUpdate ?? {}) as { partition?: number }
    if (partition > 0) {
      const updated = Math.max(0, wanted - partition)
      return number(status.updatedReplicas) < updated
        ? `${number(status.updatedReplicas)} of ${updated} pods are updated`
        : undefined
    }
    return status.currentRevision === status.updateRevision ? undefined : 'not all of its pods are updated'
  },
  DaemonSet: (object, status) => {
    if (strategyOf(object).type === 'OnDelete') return undefined
    if (status.observedGeneration === undefined) return 'it is not observed yet'
    const wanted = number(status.desiredNumberScheduled)
    if (number(status.updatedNumberScheduled) < wanted) {
      return `${number(status.updatedNumberScheduled)} of ${wanted} pods are updated`
    }
    return number(status.numberAvailable) < wanted
      ? `${number(status.numberAvailable)} of ${wanted} pods are available`
      : undefined
  },
  ReplicaSet: (object, status) => {
    const wanted = replicasOf(object)
    return number(status.availableReplicas) < wanted
      ? `${number(status.availableReplicas)} of ${wanted} pods are available`
      : undefined
  },
  Pod: (object, status) => (status.phase === 'Succeeded' ? undefined : notTrue(object, 'Ready')),
  Job: (object) => negative(object, 'Failed'),
  CustomResourceDefinition: (object) => {
    const names = conditionOf(object, 'NamesAccepted')
    if (names?.status === 'False') return `its names are not accepted: ${names.message ?? names.reason ?? ''}`
    return notTrue(object, 'Established')
  },
  APIService: (object) => notTrue(object, 'Available'),
  Namespace: (_, status) => (status.phase === 'Terminating' ? 'it is being deleted' : undefined),
  // One that waits for its first pod is healthy.
  PersistentVolumeClaim: (_, status) => (status.phase === 'Lost' ? 'its volume is lost' : undefined),
}

function conditionOf({ status }: LiveObject, type: string): Condition | undefined {
  const conditions = status?.conditions
  return Array.isArray(conditions) ? (conditions as Condition[]).find((each) => each.type === type) : undefined
}

function notTrue(object: LiveObject, type: string, when: 'always' | 'if present' = 'always'): string | undefined {
  const found = conditionOf(object, type)
  if (found?.status === 'True' || (!found && when === 'if present')) return undefined
  return found?.message ? `not ${type}: ${found.message}` : `not ${type}`
}

function negative(object: LiveObject, type: string): string | undefined {
  const found = conditionOf(object, type)
  return found?.status === 'True' ? `${type}: ${found.message ?? found.reason ?? ''}` : undefined
}

function replicasOf({ spec }: LiveObject): number {
  const { replicas } = (spec ?? {}) as { replicas?: number }
  return replicas ?? 1
}

function strategyOf({ spec }: LiveObject): { type?: string; rollingUpdate?: object } {
  return ((spec ?? {}) as { updateStrategy?: object }).updateStrategy ?? {}
}
