import { command } from '../../base/command.ts'
import type { Check, Verdict } from '../../engine/checks/check.ts'
import type { HostView } from '../../host/host.ts'
import { NetworkError, STAGE_NAMES } from '../../host/network.ts'
import { parseRegistryHosts, type RegistryHost } from '../../host/parse/network/registry-hosts.ts'

/** containerd's default `config_path`, with one directory for each mirrored registry. */
const DIRECTORY = '/etc/containerd/certs.d'
const TIMEOUT_MS = 8_000
const MOST_ASKED = 8

export const check: Check = {
  id: 'registry-mirror',
  title: 'Registry mirrors',
  hard: false,
  why: 'The images of the cluster come with its bundle. containerd pulls all other images from its configured mirrors, so each must answer with a certificate that its CA file verifies.',
  remedy: 'Correct the mirror or its CA file in /etc/containerd/certs.d.',
  thresholds: [{ of: 'answer of a mirror', warn: `no answer within ${TIMEOUT_MS / 1_000} s` }],
  timeoutMs: 15_000,
  async look(host: HostView): Promise<Verdict> {
    const mirrors = await configuredMirrors(host)
    if (mirrors.length === 0) return { kind: 'pass', found: 'none' }
    const wrong = (await Promise.all(mirrors.map((mirror) => problemOf(host, mirror)))).filter(
      (each) => each !== undefined,
    )
    if (wrong.length === 0)
      return { kind: 'pass', found: `${mirrors.map(({ url }) => originOf(url)).join(', ')} answers` }
    return {
      kind: 'warn',
      found: wrong.map(({ found }) => found).join('; '),
      wanted: 'a mirror that answers as a registry, with a certificate of its CA',
      fix: [...new Set(wrong.map(({ fix }) => fix))].join('; '),
    }
  },
}

type Mirror = RegistryHost & { file: string }
type Wrong = { found: string; fix: string }

async function configuredMirrors(host: HostView): Promise<Mirror[]> {
  const names = (await host.list(DIRECTORY)) ?? []
  const files = names.map((name) => `${DIRECTORY}/${name}/hosts.toml`)
  const texts = await Promise.all(files.map((file) => host.read(file)))
  const mirrors = files.flatMap((file, i) =>
    parseRegistryHosts(texts[i] ?? '').map((mirror) => ({ ...mirror, url: withScheme(mirror.url), file })),
  )
  return mirrors.filter((mirror, i) => mirrors.findIndex(({ url }) => url === mirror.url) === i).slice(0, MOST_ASKED)
}

/** As containerd reads it. */
function withScheme(url: string): string {
  return url.includes('://') ? url : `https://${url}`
}

async function problemOf(host: HostView, mirror: Mirror): Promise<Wrong | undefined> {
  const { url, file, skipVerify, overridePath } = mirror
  const shown = originOf(url)
  if (shown === undefined) return { found: `an address in ${file} is invalid`, fix: `correct [host."…"] in ${file}` }
  const ca = await trusted(host, mirror)
  if (typeof ca !== 'string') return ca
  try {
    const { status } = await host.network.request(overridePath ? url : `${url.replace(/\/+$/, '')}/v2/`, {
      timeoutMs: TIMEOUT_MS,
      ...(ca === '' ? {} : { tls: { ca } }),
    })
    // A registry that requires a login answers 401 or 403: it works.
    if (status < 400 || status === 401 || status === 403 || (overridePath && status < 500)) return undefined
    return {
      found: `${shown} answers ${status}, unlike a registry`,
      fix: `see: ${command`curl -v ${`${shown}/v2/`}`}`,
    }
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    if (error.stage === 'tls' && skipVerify) return undefined
    const found = `${shown}: ${STAGE_NAMES[error.stage]} failed: ${error.message}`
    return {
      found,
      fix:
        error.stage === 'tls'
          ? `set the CA of the mirror in ${file}: ca = "FILE"`
          : `see: ${command`curl -v ${`${shown}/v2/`}`}`,
    }
  }
}

/** Without a user name and a password. */
function originOf(url: string): string | undefined {
  const parsed = URL.parse(url)
  return parsed === null ? undefined : `${parsed.protocol}//${parsed.host}`
}

/** System CA bundles of the distributions: containerd trusts these and the configured CA files. */
const OF_THE_SYSTEM = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
]

async function trusted(host: HostView, { ca, file }: Mirror): Promise<string | Wrong> {
  const directory = file.slice(0, file.lastIndexOf('/'))
  const paths = ca.map((path) => (path.startsWith('/') ? path : `${directory}/${path}`))
  const [own, system] = await Promise.all([
    Promise.all(paths.map((path) => host.read(path))),
    Promise.all(OF_THE_SYSTEM.map((path) => host.read(path))),
  ])
  const missing = paths.filter((_, i) => own[i] === undefined)
  if (missing.length > 0)
    return {
      found: `${file} names ${missing.join(', ')}, which does not exist`,
      fix: `copy the CA of the mirror to ${missing[0]}`,
    }
  return [...own, system.find((text) => text !== undefined)].filter((text) => text !== undefined).join('\n')
}
