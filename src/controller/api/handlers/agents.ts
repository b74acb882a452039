import type { agentRoutes } from '../../../protocol/api/agents.ts'
import type { pieceRoutes } from '../../../protocol/api/delivery/pieces.ts'
import type { operatorRoutes } from '../../../protocol/api/operators.ts'
import { parseMachine } from '../../../protocol/declaration/machine.ts'
import { relevantReport } from '../../domain/problems/relevant-report.ts'
import { ofEnrolments } from '../../live/changes.ts'
import { enrol, enrolmentState, recordContact } from '../../nodes/enrolment.ts'
import { nodeById } from '../../nodes/find.ts'
import { invite } from '../../nodes/invite.ts'
import { adoptKey, nextCertificate } from '../../nodes/node-certificate.ts'
import { leave } from '../../nodes/node-commands.ts'
import { issueOperatorCertificate, renewOperatorCertificate } from '../../nodes/operator-certificate.ts'
import { nodesOfOperator } from '../../nodes/operator-nodes.ts'
import { reconcile } from '../../reconcile/reconcile.ts'
import type { Services } from '../../services.ts'
import { holderOfName } from '../../views/cluster-warnings.ts'
import type { MachineIdentity } from '../identity.ts'
import type { Handlers } from './handler.ts'

/** Requests of agents. The websocket is in upgrade.ts, files of bundles are in bundle-route.ts. */
export const agentHandlers = (core: Services): Handlers<typeof agentRoutes> => ({
  ping: () => ({ now: core.now().toISOString() }),
  checkNodeName: async ({ identity, params, query }) => ({
    takenBy: await holderOfName(core, identity.name, params.name, query.machine ?? ''),
  }),
  enrol: ({ identity, query, body }) => {
    const machine = query.machine === undefined ? undefined : parseMachine(query.machine)
    return enrol(core, identity, { ...body, machine }, issuerOf(core, identity))
  },
  async showEnrolment({ identity, params, query, signal }) {
    await recordContact(core, identity.name, params.fingerprint)
    const read = () => enrolmentState(core, identity.name, params.fingerprint, issuerOf(core, identity))
    const approved = async () => {
      const answer = await read()
      return answer.state === 'APPROVED' ? answer : undefined
    }
    return (await core.changes.until(approved, query.waitMs ?? 0, signal, ofEnrolments(identity.name))) ?? read()
  },
  async renewCertificate({ identity, body }) {
    const { name, hasExpired, certificate, fingerprint } = identity
    // It has stored the key with which it connects: the answer to this request may get lost, and with it the next one.
    if (hasExpired) await adoptKey(core, name, fingerprint)
    const next = await nextCertificate(core, name, body.csr, issuerOf(core, identity, body.authorities))
    if (hasExpired)
      core.refused(
        `late renewal ${name}`,
        `node ${name} renewed its certificate, which expired at ${certificate.validTo}`,
      )
    return { certificate: next }
  },
  async invite({ identity, query, body, signal }) {
    const node = await nodeById(core, identity.name)
    return invite(core, node, body.sealTo, { waitMs: query.waitMs ?? 0, signal })
  },
  async leave({ identity, body }) {
    await leave(core, await nodeById(core, identity.name), body.stays)
    return {}
  },
  async requestOperatorCertificate({ identity, query, body }) {
    const node = await nodeById(core, identity.name)
    const issuer = issuerOf(core, identity)
    return { certificate: await issueOperatorCertificate(core, node, body.csr, query.renews === '1', issuer) }
  },
})

export const pieceHandlers = ({ pieces }: Services): Handlers<typeof pieceRoutes> => ({
  tradePieces: ({ identity, params, body }) => pieces.trade(identity, params.sha256, body),
})

export const operatorHandlers = (core: Services): Handlers<typeof operatorRoutes> => ({
  async report({ identity, body }) {
    core.rotation.noteOperator(identity.name, identity.certificate)
    await reconcile(core, identity.name, (draft) =>
      draft.setCluster({ report: relevantReport(draft, body), reportAt: draft.now.toISOString() }),
    )
    return {}
  },
  nodesOfOperator: async ({ identity }) => ({ nodes: await nodesOfOperator(core, identity.name) }),
  renewOperatorCertificate: async ({ identity, body }) => ({
    certificate: await renewOperatorCertificate(core, identity, body.csr, issuerOf(core, identity)),
  }),
})

/** A CA that the client trusts: the newest that it names, or the one that issued its certificate. */
function issuerOf(
  { authority }: Services,
  { certificate }: MachineIdentity,
  trusted: readonly string[] = [],
): string | undefined {
  return authority.issuers.findLast((each) => trusted.includes(each)) ?? authority.issuerOf(certificate)
}
