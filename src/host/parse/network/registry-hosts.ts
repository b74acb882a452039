import { readToml } from '../../../base/text/toml.ts'

export interface RegistryHost {
  url: string
  /** Files; relative paths are relative to the hosts.toml. */
  ca: string[]
  skipVerify: boolean
  /** Whether its API does not begin at /v2. */
  overridePath: boolean
  /** What containerd sends with each request, such as `Authorization`. */
  headers: Record<string, string>
}

/** The hosts in containerd's hosts.toml, or why containerd does not use the file. It then asks the registry itself, in silence. */
export type RegistryHosts =
  | {
      /** In order. `server` is the last one: it is the origin, or a mirror without a way back to the origin. */
      hosts: RegistryHost[]
      server: RegistryHost | undefined
    }
  | { problem: string }

/** How a hosts.toml begins that the agent has written from the settings of the cluster, and writes again. */
export const FROM_SETTINGS = '# Written by Cantrip '

/** Of a file that people write. */
const MOST_CHARACTERS = 256 * 1024

/** See containerd's docs/hosts.md. */
export function parseRegistryHosts(text: string): RegistryHosts {
  if (text.length > MOST_CHARACTERS) return { problem: `more than ${MOST_CHARACTERS} characters` }
  const read = readToml(text)
  if ('problem' in read) return read
  const { host = {}, server } = read.value
  if (!isTable(host)) return { problem: 'host is not a table' }
  if (server !== undefined && typeof server !== 'string') return { problem: 'server is not a string' }
  const hosts: RegistryHost[] = []
  for (const [url, settings] of Object.entries(host)) {
    if (!isTable(settings)) return { problem: 'an entry of host is not a table' }
    const entry = hostOf(url, settings)
    if (typeof entry === 'string') return { problem: entry }
    hosts.push(entry)
  }
  const last = server ? hostOf(server, read.value) : undefined
  return typeof last === 'string' ? { problem: last } : { hosts, server: last }
}

/** A text: the type that containerd refuses. */
function hostOf(url: string, settings: Record<string, unknown>): RegistryHost | string {
  const { ca = [], skip_verify: skipVerify = false, override_path: overridePath = false, header = {} } = settings
  const files = [ca].flat()
  if (!files.every((file) => typeof file === 'string')) return 'ca is not a file or a list of files'
  if (typeof skipVerify !== 'boolean') return 'skip_verify is not true or false'
  if (typeof overridePath !== 'boolean') return 'override_path is not true or false'
  if (!isTable(header)) return 'header is not a table'
  const headers = Object.entries(header).map(([name, value]) => [name, [value].flat()] as const)
  if (!headers.every(([, values]) => values.every((value) => typeof value === 'string')))
    return 'a header is not a text or a list of texts'
  const joined = Object.fromEntries(headers.map(([name, values]) => [name, values.join(', ')]))
  return { url, ca: files, skipVerify, overridePath, headers: joined }
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
