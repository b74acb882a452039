import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'

/** The API server and the service account of a pod. */
export interface InCluster {
  host: string
  port: number
  /** Contains `token`, which the kubelet renews, and `ca.crt`. */
  serviceAccountDirectory: string
}

export class ApiStatusError extends Error {
  readonly status: number
  readonly body: string
  constructor(path: string, status: number, body: string) {
    super(`the API answered ${status} to ${path}: ${body.slice(0, 300)}`)
    this.name = 'ApiStatusError'
    this.status = status
    this.body = body
  }
}

/** A request with a body. */
export interface ApiRequest {
  method: 'PATCH' | 'DELETE'
  /** The media type of the body. */
  type: string
  body: object
}

interface Call {
  signal: AbortSignal
  idleMs: number
  /** Without it the object is read. */
  request?: ApiRequest
}

/** More than the largest object of etcd, and than a page of a list. */
const MOST_BYTES = 64 * 1024 * 1024

/** Resolves with the response when its headers arrive; throws ApiStatusError unless the request succeeded. */
export async function openApi(
  { host, port, serviceAccountDirectory }: InCluster,
  path: string,
  { signal, idleMs, request: sent }: Call,
): Promise<IncomingMessage> {
  const [token, ca] = await Promise.all(
    ['token', 'ca.crt'].map((name) => readFile(join(serviceAccountDirectory, name), 'utf8')),
  )
  const body = sent ? JSON.stringify(sent.body) : ''
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = {
      ...{ accept: 'application/json', authorization: `Bearer ${token?.trim()}` },
      // Node.js itself sends no length with the body of a DELETE.
      ...(sent && { 'content-type': sent.type, 'content-length': Buffer.byteLength(body) }),
    }
    const method = sent?.method ?? 'GET'
    // As an option, unlike by `setTimeout`, the time limit holds while it connects too.
    const call = request({ host, port, path, method, ca, headers, signal, timeout: idleMs }, resolve)
    call.on('timeout', () => call.destroy(new Error(`the API sent nothing for ${idleMs / 1000} s`)))
    call.on('error', reject)
    call.end(body)
  })
  const { statusCode = 0 } = response
  if (statusCode < 200 || statusCode > 202) throw new ApiStatusError(path, statusCode, await textOf(response))
  return response
}

/** Changes an object, RFC 7386. */
export async function patchJson(cluster: InCluster, path: string, patch: object, signal: AbortSignal): Promise<void> {
  await sendJson(cluster, path, { method: 'PATCH', type: 'application/merge-patch+json', body: patch }, signal)
}

export async function sendJson<T>(
  cluster: InCluster,
  path: string,
  request: ApiRequest,
  signal: AbortSignal,
): Promise<T> {
  return JSON.parse(await textOf(await openApi(cluster, path, { signal, idleMs: 30_000, request }))) as T
}

export async function getJson<T>(cluster: InCluster, path: string, signal: AbortSignal): Promise<T> {
  return JSON.parse(await textOf(await openApi(cluster, path, { signal, idleMs: 30_000 }))) as T
}

/** Whether the API server reports ready, including its etcd; throws if it is not reachable. */
export async function isApiReady(cluster: InCluster, signal: AbortSignal): Promise<boolean> {
  try {
    await textOf(await openApi(cluster, '/readyz', { signal, idleMs: 10_000 }))
    return true
  } catch (error) {
    if (error instanceof ApiStatusError) return false
    throw error
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length
    if (bytes > MOST_BYTES) throw new Error(`the API sent more than ${MOST_BYTES} bytes`)
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString()
}
