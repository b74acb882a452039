import type { KubernetesObject } from '../../add-ons/objects.ts'
import { type FieldPath, writersOf } from './fields.ts'
import type { Kubernetes, LiveObject } from './kubernetes/kubernetes.ts'

const SCALED = ['Deployment', 'StatefulSet', 'ReplicaSet']

interface Autoscaler extends LiveObject {
  spec?: { scaleTargetRef?: { kind?: string; name?: string } }
}

/**
 * The object without the fields that belong to others in this cluster: the replicas of what is scaled automatically, and CA
 * bundles that another program has injected. `live` is the object as it is now.
 */
export async function withoutYielded(
  kubernetes: Kubernetes,
  wanted: KubernetesObject,
  live: LiveObject | undefined,
): Promise<KubernetesObject> {
  if (!live) return wanted
  const left = structuredClone(wanted)
  for (const { path, holder } of bundlesIn(left)) if (writersOf(live, path).length > 0) delete holder.caBundle
  const spec = left.spec as { replicas?: number } | undefined
  if (spec?.replicas !== undefined && (await isScaled(kubernetes, wanted))) {
    // A field that nobody owned any more would get its default, which is 1.
    const { replicas } = (live.spec ?? {}) as { replicas?: number }
    if (writersOf(live, ['spec', 'replicas']).length > 0) delete spec.replicas
    else if (replicas !== undefined) spec.replicas = replicas
  }
  return left
}

async function isScaled(kubernetes: Kubernetes, { kind, metadata }: KubernetesObject): Promise<boolean> {
  if (!SCALED.includes(kind)) return false
  const path = `/apis/autoscaling/v2/namespaces/${metadata.namespace}/horizontalpodautoscalers`
  const all = (await kubernetes.list(path, 500)) as Autoscaler[]
  return all.some(({ spec }) => spec?.scaleTargetRef?.kind === kind && spec.scaleTargetRef.name === metadata.name)
}

type Holder = { caBundle?: unknown }

function bundlesIn({ kind, spec, webhooks }: KubernetesObject): { path: FieldPath; holder: Holder }[] {
  const found: { path: FieldPath; holder: Holder | undefined }[] = []
  if (kind === 'APIService') found.push({ path: ['spec', 'caBundle'], holder: spec as Holder })
  if (kind === 'CustomResourceDefinition') {
    const { conversion } = spec as { conversion?: { webhook?: { clientConfig?: Holder } } }
    const path = ['spec', 'conversion', 'webhook', 'clientConfig', 'caBundle']
    found.push({ path, holder: conversion?.webhook?.clientConfig })
  }
  if (kind.endsWith('WebhookConfiguration')) {
    for (const { name, clientConfig } of (webhooks ?? []) as { name: string; clientConfig?: Holder }[]) {
      found.push({ path: ['webhooks', `[name=${name}]`, 'clientConfig', 'caBundle'], holder: clientConfig })
    }
  }
  return found.flatMap(({ path, holder }) => (holder?.caBundle === undefined ? [] : [{ path, holder }]))
}
