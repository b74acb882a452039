import { NetworkError, type NetworkView, type Stage } from '../network.ts'
import type { RegistryHost } from '../parse/network/registry-hosts.ts'

/** Why a pull through this host would fail. `stage` if no answer came, `status` if another than that of a registry. */
export interface RegistryProblem {
  /** The host, without user and password. */
  at: string
  found: string
  stage?: Stage
  status?: number
}

export interface ProbeOptions {
  /** PEM; empty for the CAs that Node.js knows. */
  ca: string
  timeoutMs: number
  /** An image that a mirror of this registry has: `pause/manifests/3.10`. */
  manifest?: string
}

const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]
/** Of no image: what a registry says about one that it does not have shows that it is one. */
const NO_IMAGE = 'cantrip/probe/manifests/none'

/** Asks a registry as containerd does at a pull: with its headers, CA and path. Undefined if it answers as a registry. */
export async function registryProblem(
  network: NetworkView,
  host: RegistryHost,
  { ca, timeoutMs, manifest }: ProbeOptions,
): Promise<RegistryProblem | undefined> {
  const { url, overridePath, headers, skipVerify } = host
  const at = originOf(url)
  if (at === undefined) return { at: 'a host', found: 'its address is invalid' }
  const base = `${url.replace(/\/+$/, '')}${overridePath ? '' : '/v2'}/`
  const asked = manifest ?? (overridePath ? NO_IMAGE : '')
  const signsIn = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization')
  try {
    const { status, body } = await network.request(`${base}${asked}`, {
      timeoutMs,
      headers: { accept: MANIFESTS.join(', '), ...headers },
      tls: { ...(ca !== '' && { ca }), minVersion: 'TLSv1.2' },
    })
    if (status < 400) return undefined
    if (status === 401 || status === 403) {
      // It wants a user: containerd may get one from the pod.
      if (!signsIn) return undefined
      return { at, status, found: `${at} refuses the user and password that it was given (${status})` }
    }
    if (status === 404 && isRegistryError(body)) {
      return manifest === undefined ? undefined : { at, status, found: `${at} has no ${base}${manifest}` }
    }
    return { at, status, found: `${at} answers ${status}, unlike a registry` }
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    return error.stage === 'tls' && skipVerify ? undefined : { at, stage: error.stage, found: error.message }
  }
}

/** The form of errors in the OCI distribution specification. */
function isRegistryError(body: string): boolean {
  try {
    return Array.isArray((JSON.parse(body) as { errors?: unknown } | null)?.errors)
  } catch {
    return false
  }
}

/** Without a user name and a password. */
export function originOf(url: string): string | undefined {
  const parsed = URL.parse(url)
  return parsed === null ? undefined : `${parsed.protocol}//${parsed.host}`
}
