import type { kubeconfigRoutes } from '../../../protocol/api/identities/kubeconfigs.ts'
import { isAllowed } from '../../../protocol/api/people/permissions.ts'
import { ClusterRole } from '../../../protocol/names.ts'
import { WANTED_FOR } from '../../access/people/grants.ts'
import { issueKubeconfig } from '../../clusters/kubeconfigs/issue.ts'
import { listAccess } from '../../clusters/kubeconfigs/list.ts'
import { revokeKubeconfigs } from '../../clusters/kubeconfigs/revoke.ts'
import { clusterByName } from '../../nodes/find.ts'
import type { Services } from '../../services.ts'
import type { UserIdentity } from '../identity.ts'
import type { Handlers } from './handler.ts'
import { requirePermission } from './projects.ts'

export const kubeconfigHandlers = (core: Services): Handlers<typeof kubeconfigRoutes> => ({
  async listKubeconfigs({ identity, params }) {
    const cluster = await clusterByName(core, params.name)
    const roles = ClusterRole.options.filter((role) => isAllowed(identity.grants, WANTED_FOR[role], cluster.project))
    return { you: { person: personOf(identity), roles }, ...(await listAccess(core, cluster)) }
  },
  async createKubeconfig({ identity, params, body }) {
    const cluster = await clusterByName(core, params.name)
    const person = body.person ?? personOf(identity)
    requirePermission(identity, WANTED_FOR[body.role], cluster.project)
    if (person !== personOf(identity)) requirePermission(identity, 'administrate', cluster.project)
    return issueKubeconfig(core, cluster, { ...body, person }, identity.name)
  },
  async revokeKubeconfigs({ identity, params }) {
    const cluster = await clusterByName(core, params.name)
    if (params.person !== personOf(identity)) requirePermission(identity, 'administrate', cluster.project)
    return revokeKubeconfigs(core, cluster, params.person, identity.name)
  },
})

/** A token is a person of its own; of a name at the OIDC provider, other characters than names in clusters have are replaced. */
const personOf = ({ principal: { kind, name } }: UserIdentity) =>
  (kind === 'token' ? `token.${name}` : name).replaceAll(/[^A-Za-z0-9._@+-]/g, '.').slice(0, 100)
