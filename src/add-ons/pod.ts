export interface Container {
  name?: string
  image?: string
  imagePullPolicy?: string
  resources?: { requests?: Record<string, unknown> }
}

export interface PodSpec {
  containers?: Container[]
  initContainers?: Container[] | null
}

/** The pod of an object that is one, or makes some. */
export function podOf({ kind, spec }: { kind: string; spec?: unknown }): PodSpec | undefined {
  const at = spec as { template?: { spec?: PodSpec }; jobTemplate?: { spec?: { template?: { spec?: PodSpec } } } }
  if (kind === 'Pod') return spec as PodSpec
  return at?.jobTemplate?.spec?.template?.spec ?? at?.template?.spec
}
