import { agentRoutes } from './agents.ts'
import { clusterRoutes } from './clusters.ts'
import { eventRoutes } from './events.ts'
import { nodeRoutes } from './nodes.ts'
import { operatorRoutes } from './operators.ts'

/** All routes of the HTTP API, by id. */
export const ROUTES = { ...agentRoutes, ...operatorRoutes, ...clusterRoutes, ...nodeRoutes, ...eventRoutes }
