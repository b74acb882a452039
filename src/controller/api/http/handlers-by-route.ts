import type { FastifyRequest } from 'fastify'
import { openSignIn } from '../../access/people/sign-in.ts'
import { byController } from '../../audit/act.ts'
import { type HasActs, type OnEntry, recorded } from '../../audit/recorded.ts'
import type { Services } from '../../services.ts'
import { actOf, isRecorded } from '../admission/act-of.ts'
import type { Shares } from '../admission/shares.ts'
import { clusterHandlers, eventHandlers, nodeHandlers } from '../handlers/administrators.ts'
import { agentHandlers, operatorHandlers, pieceHandlers } from '../handlers/agents.ts'
import { auditHandlers } from '../handlers/audit.ts'
import { authorityHandlers } from '../handlers/authority.ts'
import { agentUpdateHandlers, bundleHandlers } from '../handlers/bundles.ts'
import { backupHandlers } from '../handlers/clusters/backups.ts'
import { imageHandlers } from '../handlers/clusters/images.ts'
import { declarationHandlers } from '../handlers/declarations.ts'
import { administratorHandlers, credentialHandlers, joinHandlers } from '../handlers/identities.ts'
import { kubeconfigHandlers } from '../handlers/kubeconfigs.ts'
import { accountHandlers, sessionHandlers, tokenHandlers } from '../handlers/people.ts'
import { loginHandlers, oidcHandlers } from '../login/handlers.ts'
import type { Handle, HandlerOf } from './answer.ts'

type Acting = Services & HasActs
type Group = (core: Acting) => object

/** The handler of a route for one request: what it changes is recorded as changed by this request. */
export function handlersByRoute(core: Services, shares: Pick<Shares, 'changed'>): HandlerOf {
  const signIn = openSignIn(() => performance.now())
  const groups: Group[] = [
    ...[
      agentHandlers,
      operatorHandlers,
      pieceHandlers,
      clusterHandlers,
      kubeconfigHandlers,
      declarationHandlers,
      nodeHandlers,
      backupHandlers,
      imageHandlers,
    ],
    ...[eventHandlers, credentialHandlers, joinHandlers, administratorHandlers, authorityHandlers, bundleHandlers],
    ...[agentUpdateHandlers, auditHandlers, accountHandlers, tokenHandlers, oidcHandlers, loginHandlers],
    (acting) => sessionHandlers(acting, signIn),
  ]
  const nobody = recorded(core, byController('start', 'which routes a group has'))
  const byId = new Map(groups.flatMap((group) => Object.keys(group(nobody)).map((id) => [id, group] as const)))
  const entryOf =
    ({ identity }: FastifyRequest): OnEntry =>
    (content) =>
      identity && shares.changed(identity, Buffer.byteLength(JSON.stringify(content)))
  return (id, services, request) => {
    const group = byId.get(id)
    if (!group) throw new Error(`route ${id} has no handler`)
    // What is not recorded does nothing outside the store either.
    const acting = isRecorded(request) ? recorded(services, actOf(request), entryOf(request)) : (services as Acting)
    return (group(acting) as Record<string, Handle>)[id] as Handle
  }
}
