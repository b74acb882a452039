import { AgentError } from '../../../base/agent-error.ts'
import { DEFAULT_VERSIONS } from '../../../bundle/versions/sets.ts'
import { HOST_PORT_WANTED } from '../../../protocol/names.ts'
import { ClusterSettings } from '../../../protocol/settings/cluster-settings.ts'
import { OVERRIDABLE } from '../../../protocol/settings/overrides.ts'
import { readOverride, YAML_OVERRIDES } from '../../../provision/kubeadm/overrides.ts'

const MAX_BYTES = 2 ** 20

export interface SettingsFlags {
  kubernetesVersion?: string
  cni?: string
  podSubnet?: string
  serviceSubnet?: string
  label?: string[]
  location?: string
  dedicatedMasters?: boolean
  autoApprove?: boolean
  installerTtl?: string
  apiEndpoint?: string
  override?: string[]
  file?: string
}

/**
 * A cluster's settings: what the file says, and over it what the flags say. Throws `settings/…` and `override/…` with exit
 * code 2: an override that its program could not be given is refused here, and not on the node.
 */
export async function readSettings(flags: SettingsFlags): Promise<ClusterSettings> {
  const fromFile = flags.file === undefined ? {} : await readSettingsFile(flags.file)
  const { labels = {}, overrides = {} } = fromFile as { labels?: object; overrides?: object }
  const settings = {
    ...fromFile,
    ...given('kubernetesVersion', flags.kubernetesVersion),
    ...given('cni', flags.cni),
    ...given('podSubnet', flags.podSubnet),
    ...given('serviceSubnet', flags.serviceSubnet),
    ...given('location', flags.location),
    ...given('dedicatedMasters', flags.dedicatedMasters),
    ...given('autoApprove', flags.autoApprove),
    ...given('installerTtlDays', flags.installerTtl === undefined ? undefined : Number(flags.installerTtl)),
    ...given('apiEndpoint', flags.apiEndpoint),
    labels: { ...labels, ...parseLabels(flags.label ?? []) },
    overrides: { ...overrides, ...(await readOverrides(flags.override ?? [])) },
  }
  const parsed = ClusterSettings.safeParse(settings)
  if (parsed.success) {
    await Promise.all(YAML_OVERRIDES.map((component) => readOverride(component, parsed.data.overrides[component])))
    return parsed.data
  }
  const [issue] = parsed.error.issues
  const [field, ...rest] = (issue?.path ?? []).map(String)
  throw wrongSetting(settings, field ?? '', rest)
}

const WANTED: Record<keyof ClusterSettings, string> = {
  kubernetesVersion: `v1.MINOR.PATCH, e.g. ${DEFAULT_VERSIONS.kubernetes}`,
  cni: 'flannel, calico, cilium or none',
  podSubnet: 'ADDRESS/PREFIX, e.g. 10.244.0.0/16',
  serviceSubnet: 'ADDRESS/PREFIX, e.g. 10.96.0.0/12',
  labels: 'KEY=VALUE as Kubernetes takes it, e.g. site=north',
  location: 'a text of at most 200 characters',
  dedicatedMasters: 'true or false',
  autoApprove: 'true or false',
  installerTtlDays: 'a number of days from 1 to 3650',
  apiEndpoint: HOST_PORT_WANTED,
  overrides: `texts of at most 32 KiB by component: ${OVERRIDABLE.join(', ')}`,
}

function wrongSetting(settings: object, field: string, rest: readonly string[]): AgentError {
  const wanted = Object.entries(WANTED).find(([name]) => name === field)?.[1]
  if (!wanted) {
    const unknown = Object.keys(settings).filter((name) => !(name in WANTED))
    return bad('invalid', `found setting ${unknown.join(', ')}`, `there are only: ${Object.keys(WANTED).join(', ')}`)
  }
  const value = rest.length > 0 ? rest.join('.') : JSON.stringify(settings[field as keyof typeof settings])
  return bad('invalid', `found ${field} ${value}; wanted ${wanted}`, 'see: controller cluster create --help')
}

function given(name: string, value: unknown): object {
  return value === undefined ? {} : { [name]: value }
}

export function parseLabels(labels: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    labels.map((label) => {
      const at = label.indexOf('=')
      return at < 0 ? [label, ''] : [label.slice(0, at), label.slice(at + 1)]
    }),
  )
}

async function readOverrides(overrides: readonly string[]): Promise<Record<string, string>> {
  const entries = overrides.map(async (override) => {
    const [, component = '', path = ''] = /^([a-z-]+)=(.+)$/.exec(override) ?? []
    if (!OVERRIDABLE.some((each) => each === component)) {
      throw bad(
        'unknown-component',
        `found --override ${override}; wanted COMPONENT=FILE`,
        `COMPONENT is one of: ${OVERRIDABLE.join(', ')}`,
      )
    }
    return [component, await readText(path)] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

async function readSettingsFile(path: string): Promise<object> {
  const { parse } = await import('yaml')
  const text = await readText(path)
  try {
    const value: unknown = parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
    throw new Error('it is no mapping')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw bad('file', `${path}: ${reason}`, 'wanted YAML of settings, e.g. cni: calico', cause)
  }
}

async function readText(path: string): Promise<string> {
  const { readGiven } = await import('../../../host/linux/files/read-given.ts')
  const file = { path, what: 'file', code: 'settings', maxBytes: MAX_BYTES, isSecret: false }
  return readGiven({ ...file, ifMissing: 'give the path of a file that is there' })
}

function bad(name: string, message: string, fix: string, cause?: unknown): AgentError {
  return new AgentError(`settings/${name}`, message, { fix, kind: 'invalid', cause })
}
