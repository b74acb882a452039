import * as z from 'zod/mini'
import { ClusterId, IpAddress, NodeId, NodeName } from '../names.ts'
import { CheckSummaries } from '../wire/check-summary.ts'
import { CERTIFICATE_ROLES } from './access.ts'
import { type Route, WaitMs } from './route.ts'

const pem = z.string().check(z.maxLength(16_384))

export const EnrolRequest = z.strictObject({
  csr: pem,
  nodeName: NodeName,
  address: IpAddress,
  /** Which cluster the node wants, where the installer serves only one this must be it. */
  clusterName: z.optional(z.string().check(z.maxLength(63))),
  /** What the prechecks had to say, for whoever approves. */
  warnings: z._default(CheckSummaries, []),
})

/** 202 while unapproved, 200 once approved, 403 `refused` when an administrator said no. */
export const EnrolResponse = z.strictObject({
  nodeId: NodeId,
  /** `SHA256:` and base64 of the digest of the public key's SPKI DER. */
  fingerprint: z.string().check(z.maxLength(60)),
  state: z.enum(['DISCOVERED', 'APPROVED']),
  cluster: z.strictObject({ id: ClusterId, name: z.string() }),
  certificate: z.optional(pem),
})

export const OperatorCertificateRequest = z.strictObject({ csr: pem })
export const OperatorCertificateResponse = z.strictObject({ certificate: pem })

/** The controller assigns subject and extensions; nothing of the request but its key counts. */
export const NodeCertificateRequest = z.strictObject({ csr: pem })
export const NodeCertificateResponse = z.strictObject({ certificate: pem })

/** What stays on the machine when the agent goes: `kubernetes` with --keep-kubernetes. */
export const LeaveRequest = z.strictObject({ stays: z.enum(['kubernetes', 'nothing']) })
export const LeaveResponse = z.strictObject({})

export const InvitationRequest = z.strictObject({ sealTo: z.string().check(z.maxLength(60)) })
/** 200 with `sealed`; 202 while it has to wait, with the reason in words. */
export const InvitationResponse = z.strictObject({
  sealed: z.optional(z.string().check(z.maxLength(65_536))),
  waitingFor: z.optional(z.string().check(z.maxLength(2_000))),
})

/** The name of another machine's node, or what has it otherwise; null where the name is free. */
export const NodeNameResponse = z.strictObject({ takenBy: z.nullable(z.string()) })

export const PingResponse = z.strictObject({ now: z.iso.datetime() })

export type EnrolRequest = z.infer<typeof EnrolRequest>
export type EnrolResponse = z.infer<typeof EnrolResponse>
export type InvitationResponse = z.infer<typeof InvitationResponse>
export type LeaveRequest = z.infer<typeof LeaveRequest>

/** What agents ask, before they have enrolled and after. */
export const agentRoutes = {
  ping: {
    method: 'GET',
    path: '/v1/ping',
    access: CERTIFICATE_ROLES,
    summary: "The controller's time; an upgrade to a websocket is answered too, and closed, to show that upgrades pass",
    answer: PingResponse,
    errors: [],
  },
  checkNodeName: {
    method: 'GET',
    path: '/v1/names/{name}',
    access: ['enrol'],
    summary: 'Whether another machine of the cluster has this name',
    params: z.object({ name: z.string().check(z.regex(/^[a-z0-9.-]{1,253}$/)) }),
    query: z.object({ machine: z.optional(z.string()) }),
    answer: NodeNameResponse,
    errors: [],
  },
  enrol: {
    method: 'POST',
    path: '/v1/enrol',
    access: ['enrol'],
    summary: 'Asks for a certificate as a node of the cluster; asking again with the same key changes nothing',
    body: EnrolRequest,
    answer: EnrolResponse,
    awaited: 'certificate',
    errors: [
      'csr/invalid',
      'pem/invalid',
      'enrol/cluster-gone',
      'enrol/other-cluster',
      'enrol/too-many',
      'enrol/refused',
    ],
  },
  showEnrolment: {
    method: 'GET',
    // A fingerprint is base64: it may hold a slash.
    path: '/v1/enrol/{+fingerprint}',
    access: ['enrol'],
    summary: 'Whether the node with this key is approved; answers as soon as it is',
    params: z.object({ fingerprint: z.string().check(z.regex(/^SHA256:[A-Za-z0-9+/]{43,60}$/)) }),
    query: z.object({ waitMs: WaitMs }),
    answer: EnrolResponse,
    awaited: 'certificate',
    errors: ['enrol/unknown', 'enrol/refused'],
  },
  renewCertificate: {
    method: 'POST',
    path: '/v1/node/certificate',
    access: ['node'],
    summary: "The node's next certificate, for a fresh key",
    body: NodeCertificateRequest,
    answer: NodeCertificateResponse,
    errors: ['csr/invalid', 'pem/invalid', 'node/key-in-use'],
  },
  invite: {
    method: 'POST',
    path: '/v1/node/invitation',
    access: ['node'],
    summary: 'What the node needs to join its cluster, once it is its turn',
    query: z.object({ waitMs: WaitMs }),
    body: InvitationRequest,
    answer: InvitationResponse,
    awaited: 'sealed',
    errors: ['invitation/not-due'],
  },
  leave: {
    method: 'POST',
    path: '/v1/node/leave',
    access: ['node'],
    summary: 'The agent leaves its machine, and the node leaves the controller',
    body: LeaveRequest,
    answer: LeaveResponse,
    errors: [],
  },
  requestOperatorCertificate: {
    method: 'POST',
    path: '/v1/operator/certificate',
    access: ['node'],
    summary: "A certificate for the operator of the node's cluster",
    body: OperatorCertificateRequest,
    answer: OperatorCertificateResponse,
    errors: ['csr/invalid', 'pem/invalid'],
  },
  fetchBundleFile: {
    method: 'GET',
    path: '/v1/bundles/{sha256}/{+path}',
    access: ['node'],
    summary: 'A file of an imported bundle, by the path that its manifest names; in ranges where asked for',
    params: z.object({
      sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
      path: z.string().check(z.regex(/^[A-Za-z0-9._/-]{1,200}$/)),
    }),
    answer: 'bytes',
    errors: ['bundle-file/unknown', 'range/unsatisfiable'],
  },
  connect: {
    method: 'GET',
    path: '/v1/agent',
    access: ['node'],
    summary: "The agent's session: an upgrade to a websocket",
    answer: 'websocket',
    errors: ['protocol/version'],
  },
} as const satisfies Record<string, Route>
