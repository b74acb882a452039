export interface RegistryHost {
  url: string
  /** Files; relative paths are relative to the hosts.toml. */
  ca: string[]
  skipVerify: boolean
  /** Whether its API does not begin at /v2. */
  overridePath: boolean
}

/** The mirrors in containerd's hosts.toml, in order, without `server`, the origin; see containerd's docs/hosts.md. */
export function parseRegistryHosts(text: string): RegistryHost[] {
  const hosts: RegistryHost[] = []
  let host: RegistryHost | undefined
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    if (line.startsWith('[')) {
      const url = /^\[\s*host\s*\.\s*["']([^"']+)["']\s*\]/.exec(line)?.[1]
      host = url === undefined ? undefined : { url, ca: [], skipVerify: false, overridePath: false }
      if (host !== undefined) hosts.push(host)
    } else if (host !== undefined) {
      takeSetting(host, line)
    }
  }
  return hosts
}

function takeSetting(host: RegistryHost, line: string): void {
  const [, key, value = ''] = /^(ca|skip_verify|override_path)\s*=(.*)$/.exec(line) ?? []
  if (key === 'ca') host.ca = [...value.matchAll(/"([^"]*)"|'([^']*)'/g)].map((match) => match[1] ?? match[2] ?? '')
  if (key === 'skip_verify') host.skipVerify = /^\s*true\b/.test(value)
  if (key === 'override_path') host.overridePath = /^\s*true\b/.test(value)
}
