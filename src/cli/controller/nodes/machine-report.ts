import type { NodeView } from '../../../protocol/api/nodes.ts'
import { csv, type Field } from './csv.ts'

/** For `-o csv`: a line for each machine. Times as in JSON; `seconds` from its registration until it was part of the cluster. */
export const machineReport = (nodes: readonly NodeView[]): string => csv(nodes, FIELDS)

/** A controller of an earlier build sends neither `serial` nor `joinedAt`. */
const FIELDS: Field<NodeView>[] = [
  { title: 'serial', of: ({ serial }) => serial ?? '' },
  { title: 'name', of: ({ name }) => name },
  { title: 'cluster', of: ({ cluster }) => cluster },
  { title: 'roles', of: ({ roles }) => roles.join(' ') },
  { title: 'state', of: ({ state }) => state },
  { title: 'registered', of: ({ createdAt }) => createdAt },
  { title: 'joined', of: ({ joinedAt }) => joinedAt ?? '' },
  { title: 'seconds', of: ({ createdAt, joinedAt }) => (joinedAt ? secondsBetween(createdAt, joinedAt) : '') },
  { title: 'address', of: ({ address }) => address },
  { title: 'os', of: ({ os }) => os },
  { title: 'agent', of: ({ agentVersion }) => agentVersion },
  { title: 'key', of: ({ fingerprint }) => fingerprint },
  { title: 'id', of: ({ id }) => id },
  { title: 'problem', of: ({ error, ruleProblem }) => error?.message ?? ruleProblem ?? '' },
]

const secondsBetween = (from: string, to: string) => Math.round((Date.parse(to) - Date.parse(from)) / 1_000)
