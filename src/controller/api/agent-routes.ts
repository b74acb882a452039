import { readCsr } from '../../pki/csr.ts'
import {
  EnrolRequest,
  type EnrolResponse,
  InvitationRequest,
  LeaveRequest,
  NodeCertificateRequest,
  OperatorCertificateRequest,
} from '../../protocol/api/agents.ts'
import { OperatorReport } from '../../protocol/api/operators.ts'
import { enrol, enrolmentState, heardAgain } from '../nodes/enrolment.ts'
import { clusterOf, nodeById } from '../nodes/find.ts'
import { invite } from '../nodes/invite.ts'
import { nextCertificate } from '../nodes/node-certificate.ts'
import { leave } from '../nodes/node-commands.ts'
import { reconcile } from '../reconcile/reconcile.ts'
import { holderOfName } from '../views/against-cluster.ts'
import { numberOf, type Route, readBody, reply } from './exchange.ts'

const MAX_WAIT_MS = 30_000
const OPERATOR_CERTIFICATE_DAYS = 365
const MAX_REPORT_BYTES = 8 * 1024 * 1024

const statusFor = (answer: EnrolResponse) => (answer.state === 'APPROVED' ? 200 : 202)

/** What nodes and operators ask; the websocket is apart. */
export const agentRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/v1\/ping$/,
    roles: ['enrol', 'node', 'operator', 'admin'],
    handle: ({ core, response }) => reply(response, 200, { now: core.now().toISOString() }),
  },
  {
    method: 'GET',
    path: /^\/v1\/names\/([a-z0-9.-]{1,253})$/,
    roles: ['enrol'],
    async handle({ core, identity, captured, query, response }) {
      reply(response, 200, { takenBy: await holderOfName(core, identity.name, captured, query.get('machine') ?? '') })
    },
  },
  {
    method: 'POST',
    path: /^\/v1\/enrol$/,
    roles: ['enrol'],
    async handle({ core, identity, request, response }) {
      const answer = await enrol(core, identity.name, await readBody(request, EnrolRequest))
      reply(response, statusFor(answer), answer)
    },
  },
  {
    // A fingerprint is base64: it may hold a slash. `?waitMs=` answers as soon as it is approved.
    method: 'GET',
    path: /^\/v1\/enrol\/(SHA256(?::|%3A)[A-Za-z0-9+/%]{43,60})$/,
    roles: ['enrol'],
    async handle({ core, identity, captured, query, response, signal }) {
      const name = decodeURIComponent(captured)
      await heardAgain(core, identity.name, name)
      const read = () => enrolmentState(core, identity.name, name)
      const approved = async () => {
        const answer = await read()
        return answer.state === 'APPROVED' ? answer : undefined
      }
      const waitMs = numberOf(query, 'waitMs', 0, MAX_WAIT_MS)
      const answer = (await core.changes.until(approved, waitMs, signal)) ?? (await read())
      reply(response, statusFor(answer), answer)
    },
  },
  {
    method: 'POST',
    path: /^\/v1\/node\/certificate$/,
    roles: ['node'],
    async handle({ core, identity, request, response }) {
      const { csr } = await readBody(request, NodeCertificateRequest)
      reply(response, 200, { certificate: await nextCertificate(core, identity.name, csr) })
    },
  },
  {
    method: 'POST',
    path: /^\/v1\/node\/invitation$/,
    roles: ['node'],
    async handle({ core, identity, query, request, response, signal }) {
      const { sealTo } = await readBody(request, InvitationRequest)
      const waitMs = numberOf(query, 'waitMs', 0, MAX_WAIT_MS)
      const answer = await invite(core, await nodeById(core, identity.name), sealTo, { waitMs, signal })
      reply(response, answer.sealed === undefined ? 202 : 200, answer)
    },
  },
  {
    method: 'POST',
    path: /^\/v1\/node\/leave$/,
    roles: ['node'],
    async handle({ core, identity, request, response }) {
      const { stays } = await readBody(request, LeaveRequest)
      await leave(core, await nodeById(core, identity.name), stays)
      reply(response, 200, {})
    },
  },
  {
    method: 'POST',
    path: /^\/v1\/operator\/certificate$/,
    roles: ['node'],
    async handle({ core, identity, request, response }) {
      const { csr } = await readBody(request, OperatorCertificateRequest)
      const cluster = await clusterOf(core, await nodeById(core, identity.name))
      const certificate = core.authority.clientCertificate({
        role: 'operator',
        identity: cluster.id,
        publicKey: readCsr(csr).publicKey,
        days: OPERATOR_CERTIFICATE_DAYS,
        now: core.now(),
      })
      reply(response, 200, { certificate })
    },
  },
  {
    method: 'POST',
    path: /^\/v1\/operator\/report$/,
    roles: ['operator'],
    async handle({ core, identity, request, response }) {
      const report = await readBody(request, OperatorReport, MAX_REPORT_BYTES)
      await reconcile(core, identity.name, (draft) => draft.setCluster({ report, reportAt: draft.now.toISOString() }))
      reply(response, 200, {})
    },
  },
]
