import type { FastifyRequest } from 'fastify'
import { unmapped } from '../../../base/net/address.ts'
import type { Act } from '../../audit/act.ts'
import type { Attempt } from '../../audit/refusals.ts'
import type { Identity } from '../identity.ts'

/** What machines report is no change by them; nor is what the controller decides from it. */
const NOT_RECORDED: readonly (string | undefined)[] = ['report', 'invite', 'tradePieces']

/** Whether what the request changes is recorded. */
export const isRecorded = ({ routeOptions: { config } }: FastifyRequest): boolean => !NOT_RECORDED.includes(config.id)

/** The request for the audit log. */
export function actOf({ identity, routeOptions: { config }, method, url, params, id, ip }: FastifyRequest): Act {
  const { name, id: nodeId } = (params ?? {}) as Record<string, string | undefined>
  const path = config.route?.path ?? url.split('?', 1)[0]
  return {
    ...byWhom(identity, identity?.address ?? unmapped(ip)),
    ...{ action: config.id ?? 'unknownPath', request: `${method} ${path}`, requestId: id, reason: null },
    target: {
      ...(path?.startsWith('/v1/clusters/{name}') && { cluster: name }),
      ...(path?.startsWith('/v1/nodes/{id}') && { nodeId }),
      ...ownTarget(identity),
    },
  }
}

/** The request for a websocket, or a connection that sends no request. */
export function connectionAct(identity: Identity | null, address: string | undefined, action: string): Act {
  const from = byWhom(identity, address && unmapped(address))
  return { ...from, ...{ action, request: null, requestId: null, reason: null }, target: ownTarget(identity) }
}

/** Whoever a certificate identifies; null: nobody. */
function byWhom(identity: Identity | null, address: string | undefined): Pick<Act, 'who' | 'address'> {
  const from = { address: address ?? null }
  if (!identity) return { who: { kind: 'unknown', name: '', id: null }, ...from }
  const id = identity.certificate?.serialNumber ?? null
  if (identity.kind === 'user')
    return { who: { ...identity.principal, id: id ?? identity.session?.id ?? null }, ...from }
  return { who: { kind: identity.kind === 'enrol' ? 'installer' : identity.kind, name: identity.name, id }, ...from }
}

/** Machines act for themselves. */
function ownTarget(identity: Identity | null): Act['target'] {
  if (identity?.kind === 'node') return { nodeId: identity.name }
  return identity?.kind === 'enrol' || identity?.kind === 'operator' ? { clusterId: identity.name } : {}
}

/** What is recorded of a request that ended with an error; undefined: reading something that is not there is no attempt. */
export function attemptOf(request: FastifyRequest, status: number, code: string): Attempt | undefined {
  const isDenied = status === 401 || status === 403
  const isReading = request.method === 'GET' || request.method === 'HEAD'
  if (!isDenied && (isReading || request.is404 || !isRecorded(request))) return undefined
  const outcome = status >= 500 ? 'failed' : 'refused'
  return { act: actOf(request), outcome, code, isKnown: request.identity !== null }
}
