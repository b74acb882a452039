import * as z from 'zod/mini'
import { ClusterId, IpAddress, NodeId, NodeName } from '../names.ts'
import { CheckSummaries } from '../wire/check-summary.ts'
import { MACHINE_KINDS } from './access.ts'
import { Flag, type Route, WaitMs } from './route.ts'

const pem = z.string().check(z.maxLength(16_384))

export const EnrolRequest = z.strictObject({
  csr: pem,
  nodeName: NodeName,
  address: IpAddress,
  /** The cluster that the node expects; it must be the cluster of the installer certificate. */
  clusterName: z.optional(z.string().check(z.maxLength(63))),
  /** Prechecks that did not pass, for the administrator who approves the node. */
  warnings: z._default(CheckSummaries, []),
})

/** Status 202 while the node awaits approval, 200 once it is approved, 403 `enrol/refused` if an administrator refused it. */
export const EnrolResponse = z.strictObject({
  nodeId: NodeId,
  /** `SHA256:` and the base64 digest of the public key (SPKI DER). */
  fingerprint: z.string().check(z.maxLength(60)),
  state: z.enum(['DISCOVERED', 'APPROVED']),
  cluster: z.strictObject({ id: ClusterId, name: z.string() }),
  certificate: z.optional(pem),
})

export const OperatorCertificateRequest = z.strictObject({ csr: pem })
export const OperatorCertificateResponse = z.strictObject({ certificate: pem })

/** The controller uses only the key of the request, and sets subject and extensions itself. */
export const NodeCertificateRequest = z.strictObject({
  csr: pem,
  /** SHA-256 fingerprints of the CAs that the node trusts, once it was told (trust.ts). The newest of them issues it. */
  authorities: z.optional(z.array(z.string().check(z.maxLength(100))).check(z.maxLength(4))),
})
export const NodeCertificateResponse = z.strictObject({ certificate: pem })

/** What remains on the machine when the agent is uninstalled: `kubernetes` with --keep-kubernetes. */
export const LeaveRequest = z.strictObject({ stays: z.enum(['kubernetes', 'nothing']) })
export const LeaveResponse = z.strictObject({})

export const InvitationRequest = z.strictObject({ sealTo: z.string().check(z.maxLength(60)) })
/** Status 200 with `sealed`; 202 while the node has to wait, with the reason as text. */
export const InvitationResponse = z.strictObject({
  sealed: z.optional(z.string().check(z.maxLength(65_536))),
  waitingFor: z.optional(z.string().check(z.maxLength(2_000))),
})

/** `takenBy`: the node that uses the name, as text; null if the name is free. */
export const NodeNameResponse = z.strictObject({ takenBy: z.nullable(z.string()) })

export const PingResponse = z.strictObject({ now: z.iso.datetime() })

export type EnrolRequest = z.infer<typeof EnrolRequest>
export type EnrolResponse = z.infer<typeof EnrolResponse>
export type InvitationResponse = z.infer<typeof InvitationResponse>
export type LeaveRequest = z.infer<typeof LeaveRequest>

/** Requests of agents, before and after they enrol. */
export const agentRoutes = {
  ping: {
    method: 'GET',
    path: '/v1/ping',
    access: [...MACHINE_KINDS, 'view'],
    inAnyProject: true,
    summary:
      "Returns the controller's time; also accepts a websocket upgrade and closes it, so that agents can test proxies",
    answer: PingResponse,
    errors: [],
  },
  checkNodeName: {
    method: 'GET',
    path: '/v1/names/{name}',
    access: ['enrol'],
    summary: 'Checks whether another machine of the cluster has this name',
    params: z.object({ name: z.string().check(z.regex(/^[a-z0-9.-]{1,253}$/)) }),
    query: z.object({ machine: z.optional(z.string()) }),
    answer: NodeNameResponse,
    errors: [],
  },
  enrol: {
    method: 'POST',
    path: '/v1/enrol',
    access: ['enrol'],
    summary: 'Requests a certificate as a node of the cluster; idempotent for the same key',
    // What identifies the machine, for the rules of the cluster: a Machine as JSON. A controller of an earlier build ignores it.
    query: z.object({ machine: z.optional(z.string().check(z.maxLength(6_144))) }),
    body: EnrolRequest,
    answer: EnrolResponse,
    awaited: 'certificate',
    errors: [
      'csr/invalid',
      'pem/invalid',
      'enrol/cluster-gone',
      'enrol/other-cluster',
      'enrol/too-many',
      'enrol/used-up',
      'enrol/refused',
    ],
  },
  showEnrolment: {
    method: 'GET',
    // A fingerprint is base64, which can contain a slash.
    path: '/v1/enrol/{+fingerprint}',
    access: ['enrol'],
    summary: 'Checks whether the node with this key is approved; waits until it is',
    params: z.object({ fingerprint: z.string().check(z.regex(/^SHA256:[A-Za-z0-9+/]{43,60}$/)) }),
    query: z.object({ waitMs: WaitMs }),
    answer: EnrolResponse,
    awaited: 'certificate',
    errors: ['enrol/unknown', 'enrol/refused', 'limit/waiting'],
  },
  renewCertificate: {
    method: 'POST',
    path: '/v1/node/certificate',
    access: ['node'],
    admitsExpired: true,
    summary: "Issues the node's next certificate, for a new key",
    body: NodeCertificateRequest,
    answer: NodeCertificateResponse,
    errors: ['csr/invalid', 'pem/invalid', 'node/key-in-use'],
  },
  invite: {
    method: 'POST',
    path: '/v1/node/invitation',
    access: ['node'],
    summary: 'Returns the invitation that the node needs to join its cluster; waits for its turn',
    query: z.object({ waitMs: WaitMs }),
    body: InvitationRequest,
    answer: InvitationResponse,
    awaited: 'sealed',
    errors: ['invitation/not-due', 'limit/waiting'],
  },
  leave: {
    method: 'POST',
    path: '/v1/node/leave',
    access: ['node'],
    summary: 'Removes the node from the controller because its agent is being uninstalled',
    body: LeaveRequest,
    answer: LeaveResponse,
    errors: [],
  },
  requestOperatorCertificate: {
    method: 'POST',
    path: '/v1/operator/certificate',
    access: ['node'],
    summary: "Issues a certificate for the operator of the node's cluster, to its masters",
    // A controller of an earlier build ignores it.
    query: z.object({ renews: Flag }),
    body: OperatorCertificateRequest,
    answer: OperatorCertificateResponse,
    errors: ['csr/invalid', 'pem/invalid', 'operator/not-due'],
  },
  fetchBundleFile: {
    method: 'GET',
    path: '/v1/bundles/{sha256}/{+path}',
    // enrol: a machine that is prepared has no certificate of its own yet.
    access: ['enrol', 'node', 'administrate'],
    summary: 'Returns a file of an imported bundle, by its path in the manifest; supports ranges',
    params: z.object({
      sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
      path: z.string().check(z.regex(/^[A-Za-z0-9._/-]{1,200}$/)),
    }),
    answer: 'bytes',
    errors: ['bundle-file/unknown', 'limit/downloads', 'range/unsatisfiable'],
  },
  fetchAgent: {
    method: 'GET',
    path: '/v1/agents/{sha256}',
    access: ['node', 'administrate'],
    summary: "Returns the agent's executable with this SHA-256 sum, of an imported release; supports ranges",
    params: z.object({ sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)) }),
    answer: 'bytes',
    errors: ['agents/unknown-file', 'limit/downloads', 'range/unsatisfiable'],
  },
  connect: {
    method: 'GET',
    path: '/v1/agent',
    access: ['node'],
    summary: "Opens the agent's session: an upgrade to a websocket",
    answer: 'websocket',
    errors: ['protocol/no-upgrade', 'protocol/version'],
  },
} as const satisfies Record<string, Route>
