import { type ApiRequest, ApiStatusError, getJson, type InCluster, sendJson } from '../../in-cluster.ts'
import { type ApiResource, ApplyConflict, type Kubernetes, type LiveObject } from './kubernetes.ts'
import { rootOf } from './resources.ts'

/** The name under which the API server records the fields of add-ons. */
export const FIELD_MANAGER = 'cantrip-blueprint'

interface Status {
  reason?: string
  details?: { causes?: { reason?: string; field?: string; message?: string }[] }
}
interface Groups {
  groups: { preferredVersion: { groupVersion: string }; versions: { groupVersion: string }[] }[]
}

/** The API server of the pod's own cluster. */
export function inClusterKubernetes(cluster: InCluster, signal: AbortSignal): Kubernetes {
  const get = <T>(path: string) => unlessMissing(getJson<T>(cluster, path, signal))
  const send = (path: string, request: ApiRequest) => sendJson<LiveObject>(cluster, path, request, signal)
  return {
    get,
    async list(path, most, labelSelector) {
      const query = new URLSearchParams({ limit: String(most), ...(labelSelector && { labelSelector }) })
      const found = await get<{ items: LiveObject[] }>(`${path}?${query}`)
      return (found?.items ?? []).slice(0, most)
    },
    async apply(path, object, { force, dryRun }) {
      const query = new URLSearchParams({
        fieldManager: FIELD_MANAGER,
        force: String(force),
        ...(dryRun && { dryRun: 'All' }),
      })
      const request = { method: 'PATCH' as const, type: 'application/apply-patch+yaml', body: object }
      try {
        return await send(`${path}?${query}`, request)
      } catch (error) {
        throw conflictIn(error) ?? error
      }
    },
    async remove(path, uid) {
      const options = {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        propagationPolicy: 'Background',
        preconditions: { uid },
      }
      try {
        await send(path, { method: 'DELETE', type: 'application/json', body: options })
      } catch (error) {
        // It is gone, or another object has its name now.
        if (!(error instanceof ApiStatusError && (error.status === 404 || error.status === 409))) throw error
      }
    },
    resources: async (groupVersion) => (await get<{ resources: ApiResource[] }>(rootOf(groupVersion)))?.resources ?? [],
    async groupVersions() {
      const { groups } = await getJson<Groups>(cluster, '/apis', signal)
      const all = groups.flatMap(({ preferredVersion, versions }) => [preferredVersion, ...versions])
      return [...new Set(['v1', ...all.map(({ groupVersion }) => groupVersion)])]
    },
  }
}

async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof ApiStatusError && error.status === 404) return undefined
    throw error
  }
}

function conflictIn(error: unknown): ApplyConflict | undefined {
  if (!(error instanceof ApiStatusError) || error.status !== 409) return undefined
  const { details } = parsed(error.body)
  const causes = (details?.causes ?? []).filter(({ reason }) => reason === 'FieldManagerConflict')
  if (causes.length === 0) return undefined
  return new ApplyConflict(causes.map(({ field = '', message = '' }) => ({ field, message })))
}

function parsed(body: string): Status {
  try {
    return (JSON.parse(body) ?? {}) as Status
  } catch {
    return {}
  }
}
