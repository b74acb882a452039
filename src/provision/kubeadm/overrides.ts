import { AgentError } from '../../base/agent-error.ts'
import { printable } from '../../base/text/printable.ts'
import { shorten } from '../../base/text/shorten.ts'
import { OVERRIDABLE, type Overrides } from '../../protocol/settings/overrides.ts'
import { readYaml } from './yaml.ts'

export type Mapping = { [key: string]: unknown }

/** The allowed kinds in the override of each program that is configured in YAML. */
const OVERRIDE_KINDS = {
  kubeadm: ['InitConfiguration', 'ClusterConfiguration', 'JoinConfiguration'],
  kubelet: ['KubeletConfiguration'],
  'kube-proxy': ['KubeProxyConfiguration'],
} as const

/** The documents of one override. A document without a kind has the first allowed kind. */
export async function readOverride(
  component: keyof typeof OVERRIDE_KINDS,
  text: string | undefined,
): Promise<Mapping[]> {
  const kinds: readonly string[] = OVERRIDE_KINDS[component]
  if (text === undefined) return []
  const wanted = `a mapping of kind ${kinds.join(' or ')}`
  return (await readYaml(text)).flatMap(({ value, problem }) => {
    if (problem !== undefined) throw refused(component, `is not YAML: ${problem.split('\n')[0]}`, wanted)
    // An empty document between or after `---` lines.
    if (value === null) return []
    if (!isMapping(value)) throw refused(component, 'contains a document that is not a mapping', wanted)
    const kind = value.kind ?? kinds[0]
    if (typeof kind !== 'string') throw refused(component, 'contains a document whose kind is not a string', wanted)
    if (!kinds.includes(kind))
      throw refused(component, `contains a document of kind ${shorten(printable(kind), 100)}`, wanted)
    return [{ ...value, kind }]
  })
}

/** Comparing the keys of a mapping with each other takes long if they are many, and others wait meanwhile. */
const MOST_VALUES = 2_000

/** Throws `override/not-usable` for overrides that their programs cannot use: people see it now, and not on the first node. */
export async function checkOverrides(overrides: unknown): Promise<void> {
  if (!isMapping(overrides)) return
  for (const component of OVERRIDABLE) {
    const text = overrides[component]
    if (typeof text === 'string') await checkOverride(component, text)
  }
}

/** Throws `override/not-usable` if the component cannot use it. */
export async function checkOverride(component: keyof Overrides, text: string): Promise<void> {
  if ((text.match(/[\n,]/g)?.length ?? 0) > MOST_VALUES)
    throw refused(component, `has more than ${MOST_VALUES} lines and commas`, 'a shorter one')
  if (component !== 'containerd') {
    await readOverride(component, text)
    return
  }
  const { tomlProblem } = await import('../../base/text/toml.ts')
  const problem = tomlProblem(text)
  if (problem !== undefined) throw refused(component, `is not TOML: ${problem}`, 'a configuration file of containerd')
}

/** Merges mappings key by key and lists of objects with a name by name; replaces everything else. */
export function merge(base: Mapping, over: Mapping): Mapping {
  const merged = { ...base }
  for (const [key, value] of Object.entries(over)) merged[key] = mergeValue(base[key], value)
  return merged
}

function mergeValue(base: unknown, over: unknown): unknown {
  if (isMapping(base) && isMapping(over)) return merge(base, over)
  if (isNamedList(base) && isNamedList(over)) {
    const named = new Map(over.map((item) => [item.name, item]))
    return [...base.filter((item) => !named.has(item.name)), ...over]
  }
  return over
}

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isNamedList(value: unknown): value is (Mapping & { name: string })[] {
  return Array.isArray(value) && value.every((item) => isMapping(item) && typeof item.name === 'string')
}

function refused(component: string, found: string, wanted: string): AgentError {
  return new AgentError('override/not-usable', `the override of ${component} ${found}; ${wanted} is required`, {
    fix: `correct overrides.${component} of the cluster, or the file that is passed with --override ${component}=FILE`,
    kind: 'invalid',
  })
}
