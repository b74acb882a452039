import { isAllowed, type Permission } from '../../../protocol/api/people/permissions.ts'
import type { declarationRoutes } from '../../../protocol/declaration/routes.ts'
import { applyDeclaration, projectFor } from '../../declaration/apply.ts'
import { isApprovingMore, isOverriding } from '../../declaration/approving.ts'
import { exported } from '../../declaration/changes.ts'
import { refusal } from '../../domain/admission.ts'
import { clusterByName } from '../../nodes/find.ts'
import type { Services } from '../../services.ts'
import type { UserIdentity } from '../identity.ts'
import type { Handlers } from './handler.ts'
import { requirePermission } from './projects.ts'

const OPERATE: Permission = 'operate'
const APPROVE: Permission = 'approve'

export const declarationHandlers = (core: Services): Handlers<typeof declarationRoutes> => ({
  showDeclaration: async ({ params }) => exported(await clusterByName(core, params.name)),
  async applyDeclaration({ query, body, identity }) {
    const known = await core.store.clusterNamed(body.declaration.metadata.name)
    if (known) admitChange(identity, known)
    const project = projectFor(body.declaration, known)
    requirePermission(identity, OPERATE, project)
    if (isApprovingMore(body.declaration, known)) {
      requirePermission(identity, APPROVE, project)
      if (known) requirePermission(identity, APPROVE, known.project)
    }
    // In another project, somebody else may administrate.
    if (known && (project !== known.project || isOverriding(body.declaration, known)))
      requirePermission(identity, 'administrate', known.project)
    const order = { ...body, dryRun: query.dryRun === '1', prune: query.prune === '1' }
    return applyDeclaration(core, order, identity.name)
  },
})

/** The name of a cluster that the client may not see is taken, as when it creates one. */
function admitChange(user: UserIdentity, { name, project }: { name: string; project: string }): void {
  if (!isAllowed(user.grants, 'view', project)) {
    throw refusal('cluster/exists', `cluster ${name} already exists`, 'choose another name')
  }
  requirePermission(user, OPERATE, project)
}
