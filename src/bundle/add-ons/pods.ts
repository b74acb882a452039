import type { KubernetesObject } from '../../add-ons/objects.ts'
import { type Container, podOf } from '../../add-ons/pod.ts'

export function containersOf(object: KubernetesObject): Container[] {
  const { containers = [], initContainers } = podOf(object) ?? {}
  return [...(initContainers ?? []), ...containers]
}

/** What all pods request: a DaemonSet's for one node. */
export function requestsOf(objects: readonly KubernetesObject[]): { cpuMilli: number; memoryBytes: number } {
  let cpuMilli = 0
  let memoryBytes = 0
  for (const object of objects) {
    const { replicas = 1 } = (object.spec ?? {}) as { replicas?: unknown }
    const count = object.kind === 'Deployment' || object.kind === 'StatefulSet' ? Number(replicas) || 0 : 1
    for (const { resources } of podOf(object)?.containers ?? []) {
      cpuMilli += count * quantity(resources?.requests?.cpu) * 1000
      memoryBytes += count * quantity(resources?.requests?.memory)
    }
  }
  return { cpuMilli: Math.round(cpuMilli), memoryBytes: Math.round(memoryBytes) }
}

const FACTORS: Readonly<Record<string, number>> = {
  ...{ m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 },
}

/** A quantity of Kubernetes; 0 if it is none. */
export function quantity(text: unknown): number {
  const [, number, unit = ''] = /^([0-9.]+)([a-zA-Z]*)$/.exec(String(text ?? '')) ?? []
  const value = Number(number) * (unit === '' ? 1 : (FACTORS[unit] ?? Number.NaN))
  return Number.isFinite(value) ? value : 0
}
