import { expect, test } from 'vitest'
import { whyUnhealthy } from './health.ts'
import type { LiveObject } from './kubernetes/kubernetes.ts'

const metadata = { name: 'x', uid: '1', resourceVersion: '1', generation: 2 }
const conditions = (...types: string[]) => types.map((type) => ({ type, status: 'True' }))
const full = { replicas: 2, updatedReplicas: 2, availableReplicas: 2, readyReplicas: 2, observedGeneration: 2 }

test.each<[string, Partial<LiveObject>, string | undefined]>([
  ['Deployment', { spec: { replicas: 2 }, status: full }, undefined],
  ['Deployment', { spec: { replicas: 2 } }, 'it is not observed yet'],
  [
    'Deployment',
    { spec: { replicas: 2 }, status: { ...full, observedGeneration: 1 } },
    'its change is not observed yet',
  ],
  ['Deployment', { spec: { replicas: 2 }, status: { ...full, availableReplicas: 1 } }, '1 of 2 pods are available'],
  ['Deployment', { spec: { replicas: 2 }, status: { ...full, replicas: 3 } }, 'former pods are still there'],
  ['Deployment', { spec: { replicas: 0 }, status: { observedGeneration: 2 } }, undefined],
  [
    'Deployment',
    { status: { ...full, conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }] } },
    'its rollout exceeded its deadline',
  ],
  ['StatefulSet', { spec: { replicas: 2 }, status: { ...full, currentRevision: 'a', updateRevision: 'a' } }, undefined],
  [
    'StatefulSet',
    { spec: { replicas: 2 }, status: { ...full, currentRevision: 'a', updateRevision: 'b' } },
    'not all of its pods are updated',
  ],
  ['StatefulSet', { spec: { updateStrategy: { type: 'OnDelete' } } }, undefined],
  [
    'DaemonSet',
    { status: { observedGeneration: 2, desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 2 } },
    '2 of 3 pods are available',
  ],
  ['DaemonSet', { status: { observedGeneration: 2, desiredNumberScheduled: 0 } }, undefined],
  ['CustomResourceDefinition', { status: { conditions: conditions('Established') } }, undefined],
  ['CustomResourceDefinition', {}, 'not Established'],
  [
    'APIService',
    { status: { conditions: [{ type: 'Available', status: 'False', message: 'no' }] } },
    'not Available: no',
  ],
  ['PersistentVolumeClaim', { status: { phase: 'Pending' } }, undefined],
  ['Job', { status: { conditions: conditions('Failed') } }, 'Failed: '],
  ['Job', { status: { conditions: conditions('Complete') } }, undefined],
  ['Widget', {}, undefined],
  ['Widget', { status: { conditions: [{ type: 'Ready', status: 'False', message: 'soon' }] } }, 'not Ready: soon'],
  ['Widget', { status: { conditions: conditions('Stalled') } }, 'Stalled: '],
  ['ConfigMap', { metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }, 'it is being deleted'],
])('%s %#', (kind, rest, why) => {
  expect(whyUnhealthy({ apiVersion: 'v1', kind, metadata, ...rest })).toBe(why)
})
