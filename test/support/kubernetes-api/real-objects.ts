import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { named } from './resources-and-bodies.ts'
import * as scene from './scene.ts'

const labels = { app: 'web' }
/** As an API server accepts it, and with values that it writes in another form. */
export const web = (image: string) =>
  named('apps/v1', 'Deployment', 'web', 'shop', {
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'web', image, resources: { requests: { cpu: '1000m' } } }] },
      },
    },
  })

const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
export const CRD = {
  ...scene.CRD,
  spec: {
    ...(scene.CRD.spec as object),
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [{ name: 'v1', served: true, storage: true, schema }],
  },
}

export const CLAIM = {
  ...scene.CLAIM,
  spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'none', resources: { requests: { storage: '1Gi' } } },
}

const HOOK = {
  ...{ name: 'a.example.org', failurePolicy: 'Ignore', sideEffects: 'None', admissionReviewVersions: ['v1'] },
  rules: [{ apiGroups: ['example.org'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['none'] }],
  clientConfig: { service: { name: 'web', namespace: 'shop' }, caBundle: 'Cg==' },
}
export const WEBHOOK = { ...scene.WEBHOOK, webhooks: [HOOK] }

/** The webhooks with the CA in this directory. */
export function withCa(directory: string): object[] {
  const caBundle = readFileSync(join(directory, 'ca.crt')).toString('base64')
  return [{ ...HOOK, clientConfig: { ...HOOK.clientConfig, caBundle } }]
}

export const HPA_PATH = '/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/web'
export const HPA = named('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', 'shop', {
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, minReplicas: 1, maxReplicas: 9 },
})
