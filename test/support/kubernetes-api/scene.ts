import { createHash } from 'node:crypto'
import type { KubernetesObject } from '../../../src/add-ons/objects.ts'
import { renderAddOn } from '../../../src/add-ons/render.ts'
import { Resources } from '../../../src/operator/add-ons/kubernetes/resources.ts'
import { turn } from '../../../src/operator/add-ons/turn.ts'
import type { AddOnStatus, Wanted, WantedAddOn } from '../../../src/operator/add-ons/wanted.ts'
import { FakeApiServer } from './fake-api-server.ts'
import { named } from './resources-and-bodies.ts'

export const CRD = named('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'widgets.example.org', undefined, {
  spec: {
    group: 'example.org',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [{ name: 'v1', served: true, storage: true }],
  },
})
export const widget = (name: string) => named('example.org/v1', 'Widget', name, 'shop', { spec: { size: 1 } })
export const config = (name: string, text: string) => named('v1', 'ConfigMap', name, 'shop', { data: { text } })
export const web = (image: string, spec: object = {}) =>
  named('apps/v1', 'Deployment', 'web', 'shop', {
    spec: { replicas: 2, template: { spec: { containers: [{ name: 'web', image }] } }, ...spec },
  })
export const NAMESPACE = named('v1', 'Namespace', 'shop')
export const CLAIM = named('v1', 'PersistentVolumeClaim', 'data', 'shop', { spec: { accessModes: ['ReadWriteOnce'] } })
export const WEBHOOK = named('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'hook', undefined, {
  webhooks: [
    { name: 'a.example.org', clientConfig: { service: { name: 'web', namespace: 'shop' }, caBundle: 'Cg==' } },
  ],
})

export const PATHS = {
  namespace: '/api/v1/namespaces/shop',
  web: '/apis/apps/v1/namespaces/shop/deployments/web',
  config: (name: string) => `/api/v1/namespaces/shop/configmaps/${name}`,
  widget: (name: string) => `/apis/example.org/v1/namespaces/shop/widgets/${name}`,
  crd: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.org',
  claim: '/api/v1/namespaces/shop/persistentvolumeclaims/data',
  webhook: '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/hook',
  inventory: '/api/v1/namespaces/cantrip-system/configmaps/add-on-shop',
}

export function addOn(objects: readonly KubernetesObject[], some: Partial<WantedAddOn> = {}): WantedAddOn {
  const id = some.id ?? 'shop'
  const rendered = renderAddOn({ id, values: {} }, objects, {})
  const hash = createHash('sha256').update(JSON.stringify(rendered)).digest('hex')
  return { id, version: 'v1', hash, retry: 0, drift: 'correct', after: [], ...some, objects: rendered }
}

/** A cluster with an engine that can be killed. */
export function scene(api = new FakeApiServer()) {
  const clock = { nowMs: Date.parse('2026-01-01T00:00:00Z') }
  let revision = 0
  let wanted: Wanted = { revision, addOns: [], deletable: [] }
  let resources = new Resources(api)
  const restart = () => {
    api.restart()
    resources = new Resources(api)
  }
  const once = () => turn({ kubernetes: api, resources, now: () => new Date(clock.nowMs) }, wanted)
  return {
    api,
    clock,
    once,
    restart,
    want(addOns: WantedAddOn[], deletable: string[] = []) {
      revision += 1
      wanted = { revision, addOns, deletable }
    },
    /** Turns until nothing waits; a turn in which the engine is killed is followed by one of a new process. */
    async settle(): Promise<AddOnStatus[]> {
      for (let turns = 0; turns < 100; turns += 1) {
        const statuses = await once().catch(() => undefined)
        if (api.isDead) restart()
        else if (statuses?.every(({ state }) => state === 'healthy' || state === 'removed')) return statuses
        api.settle()
      }
      throw new Error('it does not settle')
    },
    /** What the cluster has, without what differs between two runs. */
    dump(): string[] {
      return [...api.objects].map(([path, { object, writers }]) => `${path} ${dumped(object, writers)}`).sort()
    },
  }
}

function dumped({ metadata, ...rest }: KubernetesObject, writers: { manager: string; fields: Set<string> }[]): string {
  const { labels } = metadata
  const owners = writers.map(({ manager, fields }) => [manager, [...fields].sort()])
  return JSON.stringify({ ...rest, labels, owners })
    .replaceAll(/uid-\d+/g, 'uid')
    .replaceAll(/observedGeneration":\d+/g, '')
}
