import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import type { OperatorReport } from '../protocol/api/agents.ts'
import { withoutDetails } from './cluster-state.ts'

/** Of the mounted secret: `controller.json`, `ca.crt`, `tls.crt`, `tls.key`. */
export interface Identity {
  urls: string[]
  ca: string
  cert: string
  key: string
}

/** Read for each report: kubelet puts a renewed certificate into its place while we run. */
export async function readIdentity(directory: string): Promise<Identity> {
  const names = ['controller.json', 'ca.crt', 'tls.crt', 'tls.key']
  const [settings = '', ca = '', cert = '', key = ''] = await Promise.all(
    names.map((name) => readFile(join(directory, name), 'utf8')),
  )
  const { urls } = JSON.parse(settings) as { urls: string[] }
  return { urls, ca, cert, key }
}

/** To the first controller that takes it; throws the last refusal when none does. */
export async function sendReport(identity: Identity, report: OperatorReport, signal: AbortSignal): Promise<void> {
  const { PATHS } = await import('../protocol/api/agents.ts')
  let refusal: unknown = new Error('no controller is named in controller.json')
  for (const url of identity.urls) {
    try {
      return await send(new URL(PATHS.operatorReport, url), identity, report, signal)
    } catch (error) {
      refusal = error
    }
  }
  throw refusal
}

/** A controller of an earlier version refuses a report that has more in it than it knows. */
async function send(url: URL, identity: Identity, report: OperatorReport, signal: AbortSignal): Promise<void> {
  try {
    await post(url, identity, JSON.stringify(report), signal)
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 400) throw error
    await post(url, identity, JSON.stringify(withoutDetails(report)), signal)
  }
}

class Refusal extends Error {
  readonly status: number
  constructor(url: URL, status: number) {
    super(`${url.origin} answered ${status}`)
    this.name = 'Refusal'
    this.status = status
  }
}

function post(url: URL, { ca, cert, key }: Identity, body: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const call = request(url, { method: 'POST', ca, cert, key, headers, agent: false, signal }, (response) => {
      response.resume()
      const status = response.statusCode ?? 0
      if (status >= 200 && status < 300) response.on('end', resolve)
      else reject(new Refusal(url, status))
      response.on('error', reject)
    })
    call.setTimeout(15_000, () => call.destroy(new Error(`${url.origin} sent nothing for 15 s`)))
    call.on('error', reject)
    call.end(body)
  })
}
