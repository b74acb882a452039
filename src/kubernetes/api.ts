import { AgentError } from '../errors/agent-error.ts'
import type { HostView } from '../host/host.ts'
import type { TlsIdentity } from '../host/network.ts'
import type { FirstMasterParams } from '../protocol/instruction.ts'
import { localApi } from './endpoint.ts'
import { ADMIN_CONF, KUBERNETES_PKI } from './paths.ts'

type Where = Pick<FirstMasterParams, 'node'>
const MAX_BYTES = 32 * 1024 * 1024

/**
 * Reads from this node's API server with the administrator's certificate. Undefined where the object is not, where the
 * administrator has no rights yet, and where the API does not answer: in each of these nothing is done yet.
 */
export async function readApi<T>(host: HostView, params: Where, path: string): Promise<T | undefined> {
  const tls = await adminIdentity(host)
  if (tls === undefined) return undefined
  try {
    const { status, body } = await host.network.request(`${localApi(params)}${path}`, {
      tls,
      timeoutMs: 5_000,
      maxBytes: MAX_BYTES,
    })
    return status === 200 ? (JSON.parse(body) as T) : undefined
  } catch {
    // Refused, reset or cut off in the middle while the API server starts.
    return undefined
  }
}

export async function existInApi(host: HostView, params: Where, paths: readonly string[]): Promise<boolean> {
  const found = await Promise.all(paths.map((path) => readApi(host, params, path)))
  return found.every((object) => object !== undefined)
}

/** Whether there is an answer at all from HOST:PORT, with a certificate of the cluster's own authority. */
export async function apiAnswers(host: HostView, endpoint: string): Promise<boolean> {
  return (await readyz(host, endpoint)) !== undefined
}

/** Whether `/readyz` says ok at HOST:PORT. */
export async function apiIsReady(host: HostView, endpoint: string): Promise<boolean> {
  return (await readyz(host, endpoint)) === 200
}

async function readyz(host: HostView, endpoint: string): Promise<number | undefined> {
  const ca = await host.read(`${KUBERNETES_PKI}/ca.crt`)
  if (ca === undefined) return undefined
  try {
    const { status } = await host.network.request(`https://${endpoint}/readyz`, { tls: { ca }, timeoutMs: 5_000 })
    return status
  } catch {
    // Refused, reset, or no answer in time.
    return undefined
  }
}

/**
 * Asks every 100 ms: a look costs milliseconds, and what waits for it is the whole bring-up. A dry run goes on as if it
 * had come about.
 */
export async function awaitThat(
  host: HostView,
  isSo: () => Promise<boolean>,
  { signal, timeoutMs, failure }: { signal: AbortSignal; timeoutMs: number; failure: () => Promise<AgentError> },
): Promise<void> {
  if (host.isDryRun) return
  const deadline = host.now().getTime() + timeoutMs
  while (!(await isSo())) {
    if (host.now().getTime() > deadline) throw await failure()
    await host.sleep(100, signal)
  }
}

async function adminIdentity(host: HostView): Promise<TlsIdentity | undefined> {
  const kubeconfig = await host.read(ADMIN_CONF)
  if (kubeconfig === undefined) return undefined
  const field = (name: string) => {
    const value = new RegExp(`^\\s*${name}: (\\S+)$`, 'm').exec(kubeconfig)?.[1]
    if (value === undefined) {
      throw new AgentError('kubeconfig/damaged', `${ADMIN_CONF} has no ${name}; a whole one was wanted`, {
        fix: `remove ${ADMIN_CONF} and provision again: it is made anew from the cluster's authority`,
      })
    }
    return Buffer.from(value, 'base64').toString()
  }
  return {
    ca: field('certificate-authority-data'),
    cert: field('client-certificate-data'),
    key: field('client-key-data'),
  }
}
