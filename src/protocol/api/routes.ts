import { auditRoutes } from '../audit/routes.ts'
import { declarationRoutes } from '../declaration/routes.ts'
import { imageFileRoutes, imageRoutes } from '../images/routes.ts'
import { agentRoutes } from './agents.ts'
import { bundleRoutes } from './bundles.ts'
import { backupRoutes } from './clusters/backups.ts'
import { clusterRoutes } from './clusters.ts'
import { pieceRoutes } from './delivery/pieces.ts'
import { eventRoutes, recordRoutes } from './events.ts'
import { consoleRoutes } from './http/console.ts'
import { referenceRoutes } from './http/reference.ts'
import { administratorRoutes } from './identities/administrators.ts'
import { authorityRoutes } from './identities/authority.ts'
import { credentialRoutes } from './identities/credentials.ts'
import { joinRoutes } from './identities/join.ts'
import { kubeconfigRoutes } from './identities/kubeconfigs.ts'
import { loginRoutes } from './identities/login-codes.ts'
import { oidcRoutes } from './identities/logins.ts'
import { nodeRoutes } from './nodes.ts'
import { operatorRoutes } from './operators.ts'
import { accountRoutes } from './people/accounts.ts'
import { sessionRoutes } from './people/sessions.ts'
import { tokenRoutes } from './people/tokens.ts'
import { agentUpdateRoutes } from './updates/agent-updates.ts'

/** All routes of the HTTP API, by id. */
export const ROUTES = {
  ...agentRoutes,
  ...pieceRoutes,
  ...operatorRoutes,
  ...clusterRoutes,
  ...kubeconfigRoutes,
  ...backupRoutes,
  ...imageRoutes,
  ...imageFileRoutes,
  ...declarationRoutes,
  ...credentialRoutes,
  ...joinRoutes,
  ...nodeRoutes,
  ...agentUpdateRoutes,
  ...eventRoutes,
  ...administratorRoutes,
  ...recordRoutes,
  ...authorityRoutes,
  ...bundleRoutes,
  ...accountRoutes,
  ...tokenRoutes,
  ...sessionRoutes,
  ...referenceRoutes,
  ...auditRoutes,
  ...oidcRoutes,
  ...loginRoutes,
  ...consoleRoutes,
}
