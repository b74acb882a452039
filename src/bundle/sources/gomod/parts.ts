import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { buildParts } from '../../make/build-parts.ts'
import { directoryOf, isBuilt, type Part } from '../../make/cache.ts'
import type { SourceContext } from '../source.ts'
import type { GoAddOn } from './add-ons/go-add-on.ts'
import { baseSystemPart, cgoEnvironment } from './base-system.ts'
import { type GoComponent, goComponents } from './components.ts'
import { componentPart } from './go.ts'
import { manifestParts } from './manifests.ts'
import { pausePart } from './pause.ts'

/** Measured on two cores, one component after another, with empty caches; includes downloads. */
const COLD_SECONDS: Record<keyof ReturnType<typeof goComponents>, number> = {
  kubernetes: 440,
  etcd: 38,
  containerd: 91,
  runc: 43,
  coredns: 220,
  'cni-plugins': 9,
  'flannel-plugin': 2,
  flannel: 244,
  helm: 249,
}

/** Memory for each parallel build: linking Kubernetes takes gigabytes. */
const LANE_BYTES = 3 * 2 ** 30

/** The paths of the build results. */
export interface Built {
  base: string
  /** By name of the executable. */
  executables: ReadonlyMap<string, { file: string; version: string }>
  /** Paths of the manifests, by name. */
  manifests: ReadonlyMap<string, string>
}

/** Builds all parts that are not in the cache, also those of these add-ons. */
export async function buildAll(
  { cache, versions, arch }: Omit<SourceContext, 'agent'>,
  addOns: readonly GoAddOn[],
): Promise<Built> {
  const base = await baseSystemPart(arch)
  const root = directoryOf(cache, base)
  const { helm, ...own } = goComponents(versions)
  const toPart = (component: GoComponent, seconds: number): Part => ({
    ...componentPart(component, arch, cgoEnvironment({ root, arch })),
    seconds,
  })
  const helmPart = toPart(helm, COLD_SECONDS.helm)
  const manifests = manifestParts(versions, join(directoryOf(cache, helmPart), 'helm'))
  const needsHelm = !(await isBuilt(cache, manifests['cilium.yaml']))
  const components: { component: GoComponent; seconds: number }[] = [
    ...Object.values(own).map((component) => ({ component, seconds: COLD_SECONDS[component.id] })),
    ...addOns.flatMap((addOn) => addOn.components(versions)),
  ]
  const parts = components.map(({ component, seconds }) => ({ component, part: toPart(component, seconds) }))
  const pause = pausePart(versions.pause, arch)
  const stages = [
    [base],
    [...parts.map(({ part }) => part), pause, ...(needsHelm ? [helmPart] : [])],
    Object.values(manifests),
  ]
  await buildParts(stages, { cache, lanes: lanes(), now: () => performance.now() })
  const executables = parts.flatMap(({ component, part }) =>
    Object.keys(component.outputs).map(
      (name) => [name, { file: join(directoryOf(cache, part), name), version: component.version }] as const,
    ),
  )
  const pauseFile = { file: join(directoryOf(cache, pause), 'pause'), version: versions.pause }
  return {
    base: root,
    executables: new Map([...executables, ['pause', pauseFile]]),
    manifests: new Map(Object.entries(manifests).map(([name, part]) => [name, join(directoryOf(cache, part), name)])),
  }
}

/** Two in parallel: one component can download and compile while the other links on one core. */
function lanes(): number {
  return Math.max(1, Math.min(2, availableParallelism(), Math.floor(totalmem() / LANE_BYTES)))
}
