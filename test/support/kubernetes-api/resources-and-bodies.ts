import type { KubernetesObject } from '../../../src/add-ons/objects.ts'
import type { ApiResource, LiveObject } from '../../../src/operator/add-ons/kubernetes/kubernetes.ts'

export const namespaced = (kind: string, name: string, verbs = ['get', 'list', 'delete']): ApiResource => ({
  kind,
  name,
  namespaced: true,
  verbs,
})
const global = (kind: string, name: string): ApiResource => ({
  kind,
  name,
  namespaced: false,
  verbs: ['get', 'list', 'delete'],
})
export const BUILT_IN: Record<string, ApiResource[]> = {
  v1: [
    ...[namespaced('ConfigMap', 'configmaps'), namespaced('Secret', 'secrets'), namespaced('Service', 'services')],
    ...[namespaced('ServiceAccount', 'serviceaccounts'), namespaced('Pod', 'pods'), global('Namespace', 'namespaces')],
    namespaced('PersistentVolumeClaim', 'persistentvolumeclaims'),
    namespaced('Pod', 'pods/status', ['patch']),
  ],
  'apps/v1': [namespaced('Deployment', 'deployments'), namespaced('ReplicaSet', 'replicasets')],
  'autoscaling/v2': [namespaced('HorizontalPodAutoscaler', 'horizontalpodautoscalers')],
  'apiextensions.k8s.io/v1': [global('CustomResourceDefinition', 'customresourcedefinitions')],
  'admissionregistration.k8s.io/v1': [global('ValidatingWebhookConfiguration', 'validatingwebhookconfigurations')],
}

export function isIn(path: string, list: string): boolean {
  const [start = '', resource = ''] = [list.slice(0, list.lastIndexOf('/')), list.slice(list.lastIndexOf('/') + 1)]
  const rest = path.startsWith(`${start}/`) ? path.slice(start.length + 1).split('/') : []
  const own = rest[0] === 'namespaces' && resource !== 'namespaces' ? rest.slice(2) : rest
  return own.length === 2 && own[0] === resource
}

export function withDefaults({ kind, spec }: LiveObject): void {
  if (kind === 'Deployment') (spec as { replicas?: number }).replicas ??= 1
}

/** What writers own. */
export function bodyOf(object: KubernetesObject): object {
  const { apiVersion: _, kind: __, metadata, status: ___, ...rest } = object
  const { labels, annotations } = metadata as { labels?: object; annotations?: object }
  const kept = { ...(labels && { labels }), ...(annotations && { annotations }) }
  return { ...rest, ...(Object.keys(kept).length > 0 && { metadata: kept }) }
}

export function named(
  apiVersion: string,
  kind: string,
  name: string,
  namespace?: string,
  rest: object = {},
): KubernetesObject {
  return { apiVersion, kind, metadata: { name, ...(namespace !== undefined && { namespace }) }, ...rest }
}
