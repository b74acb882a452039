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
  constructor(path: string, status: number, body: string) {
    super(`the API answered ${status} to ${path}: ${body.slice(0, 300)}`)
    this.name = 'ApiStatusError'
    this.status = status
  }
}

interface Call {
  signal: AbortSignal
  idleMs: number
  /** A change of the object, RFC 7386; without it the object is read. */
  patch?: object
}

/** Resolves with the response when its headers arrive; throws ApiStatusError for any status but 200. */
export async function openApi(
  { host, port, serviceAccountDirectory }: InCluster,
  path: string,
  { signal, idleMs, patch }: Call,
): Promise<IncomingMessage> {
  const [token, ca] = await Promise.all(
    ['token', 'ca.crt'].map((name) => readFile(join(serviceAccountDirectory, name), 'utf8')),
  )
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = {
      ...{ accept: 'application/json', authorization: `Bearer ${token?.trim()}` },
      ...(patch && { 'content-type': 'application/merge-patch+json' }),
    }
    const method = patch ? 'PATCH' : 'GET'
    // As an option, unlike by `setTimeout`, the time limit holds while it connects too.
    const call = request({ host, port, path, method, ca, headers, signal, timeout: idleMs }, resolve)
    call.on('timeout', () => call.destroy(new Error(`the API sent nothing for ${idleMs / 1000} s`)))
    call.on('error', reject)
    call.end(patch && JSON.stringify(patch))
  })
  if (response.statusCode !== 200) throw new ApiStatusError(path, response.statusCode ?? 0, await textOf(response))
  return response
}

export async function patchJson(cluster: InCluster, path: string, patch: object, signal: AbortSignal): Promise<void> {
  await textOf(await openApi(cluster, path, { signal, idleMs: 30_000, patch }))
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
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
