import { openBundleStore } from '../bundle/store.ts'
import { AgentError } from '../errors/agent-error.ts'
import type { Host } from '../host/host.ts'
import { NetworkError } from '../host/network.ts'
import type { FirstMasterParams } from '../protocol/instruction.ts'
import { ApiError, OperatorCertificateResponse, PATHS } from '../protocol/rest.ts'
import type { ProvisionParams } from '../roles/params.ts'
import type { AgentConfig } from './config.ts'
import { unreachable } from './unreachable.ts'

export interface ProvisionSurroundings {
  config: AgentConfig
  tls: { ca: string; cert: string; key: string }
  /** Where the bundle's files come to lie. */
  directory: string
  host: Host
  signal: AbortSignal
}

const TRIES = 40
const PAUSE_MS = 3_000

/** What the steps of a role need beside the instruction. */
export async function openProvisionParams(
  instructed: FirstMasterParams,
  { config, tls, directory, host, signal }: ProvisionSurroundings,
): Promise<ProvisionParams> {
  const { urls, proxy } = config
  const way = { controllerUrls: urls, tls, ...(proxy === undefined ? {} : { proxy }) }
  const store = { ...way, ref: instructed.bundle, directory, host, signal }
  return {
    ...instructed,
    bundleStore: await openBundleStore(store),
    requestOperatorCertificate: (csr) => requestCertificate(csr, { config, tls, host, signal }),
    controller: { urls, ca: tls.ca },
  }
}

/** A controller that is restarted meanwhile is waited for, up to two minutes. */
async function requestCertificate(
  csr: string,
  { config, tls, host, signal }: Omit<ProvisionSurroundings, 'directory'>,
): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const url = config.urls[attempt % config.urls.length] ?? ''
    try {
      const { status, body } = await host.network.request(new URL(PATHS.operatorCertificate, url).href, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ csr }),
        tls,
        ...(config.proxy === undefined ? {} : { proxy: config.proxy }),
        timeoutMs: 15_000,
      })
      if (status < 500) return certificateIn(status, body)
      if (attempt === TRIES)
        throw new AgentError('operator/no-certificate', `the controller answered with status ${status}`, {
          fix: 'see its log',
        })
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error
      if (attempt === TRIES) throw unreachable(url, error)
    }
    await host.sleep(PAUSE_MS, signal)
  }
}

function certificateIn(status: number, body: string): string {
  const json: unknown = JSON.parse(body)
  const answer = OperatorCertificateResponse.safeParse(json)
  if (status === 200 && answer.success) return answer.data.certificate
  const problem = ApiError.safeParse(json)
  const { code, message, fix } = problem.success
    ? problem.data
    : { code: 'operator/no-certificate', message: `the controller answered with status ${status}`, fix: 'see its log' }
  throw new AgentError(code, message, { fix })
}
