/** The part of a pod that a drain looks at. */
export interface Pod {
  metadata: {
    name: string
    namespace: string
    uid: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
    /** When its grace period ends. */
    deletionTimestamp?: string
    ownerReferences?: { kind: string; controller?: boolean }[]
  }
  spec: { terminationGracePeriodSeconds?: number }
  status?: { phase?: string }
}

/** A kubelet that does not run does not confirm the end of its pods, and a finalizer can keep one for ever. */
const OVERDUE_MS = 30_000

/** Whether a drain has to wait until the pod is gone. Others end with the node, or have ended. */
export function hasToMove({ metadata, status }: Pod, now: Date): boolean {
  const { annotations = {}, ownerReferences = [], deletionTimestamp } = metadata
  const isMirror = annotations['kubernetes.io/config.mirror'] !== undefined
  const isOfDaemonSet = ownerReferences.some(({ kind, controller }) => controller && kind === 'DaemonSet')
  // The kubelet reports the end of a deleted pod before its volumes are free.
  const hasEnded = deletionTimestamp === undefined && ['Succeeded', 'Failed'].includes(status?.phase ?? '')
  const isOverdue = deletionTimestamp !== undefined && now.getTime() - Date.parse(deletionTimestamp) > OVERDUE_MS
  return !isMirror && !isOfDaemonSet && !hasEnded && !isOverdue
}

export const isEnding = ({ metadata }: Pod) => metadata.deletionTimestamp !== undefined

/** Whether a controller creates it again elsewhere. */
export const isManaged = ({ metadata }: Pod) => metadata.ownerReferences?.some(({ controller }) => controller) === true

export const pathOf = ({ metadata: { namespace, name } }: Pod) => `/api/v1/namespaces/${namespace}/pods/${name}`
