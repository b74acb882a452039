import * as z from 'zod/mini'
import { ClusterId, IpAddress, NodeId, NodeName } from '../names.ts'
import { CheckSummaries } from '../wire/check-summary.ts'

/** Paths of the HTTP interface that agents and operators use; each needs a client certificate of the role named. */
export const PATHS = {
  /** POST, role enrol. */
  enrol: '/v1/enrol',
  /** GET, role enrol: `/v1/enrol/<fingerprint>`. */
  enrolment: (fingerprint: string) => `/v1/enrol/${fingerprint}`,
  /** GET, any role of ours: 200 `{"now": ISO time}`; the controller precheck and the time-skew check ask it. */
  ping: '/v1/ping',
  /** GET, role enrol: `/v1/names/<name>?machine=<machine-id>`: has another machine of the cluster this name? */
  nodeName: (name: string, machineId: string) =>
    `/v1/names/${encodeURIComponent(name)}?machine=${encodeURIComponent(machineId)}`,
  /** GET upgrade, role node. */
  agent: '/v1/agent',
  /** GET with ranges, role node: `/v1/bundles/<manifest sha256>/<path>`. */
  bundleFile: (manifestSha256: string, path: string) => `/v1/bundles/${manifestSha256}/${path}`,
  /** POST, role node: a certificate for the operator of the node's cluster. */
  operatorCertificate: '/v1/operator/certificate',
  /** POST, role node: its next certificate, for a fresh key. */
  nodeCertificate: '/v1/node/certificate',
  /** POST, role node: what it needs to join its cluster, once it is its turn. */
  nodeInvitation: '/v1/node/invitation',
  /** POST, role node: the agent goes, and the node with it. */
  nodeLeave: '/v1/node/leave',
  /** POST, role operator. */
  operatorReport: '/v1/operator/report',
} as const

/**
 * Client certificates carry `O=cantrip:<role>` and `CN=<identity>`; the controller takes both from the verified
 * certificate alone.
 */
export const CERTIFICATE_ROLES = ['enrol', 'node', 'operator', 'admin'] as const
export type CertificateRole = (typeof CERTIFICATE_ROLES)[number]

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

export const PingResponse = z.strictObject({ now: z.iso.datetime() })

const short = z.string().check(z.maxLength(253))
/** What a component of Kubernetes says about a condition; `since` by the cluster's own clock. */
const Statement = z.object({
  reason: short,
  message: z.string().check(z.maxLength(1_024)),
  since: z.optional(z.string().check(z.maxLength(40))),
})
/** Fields that came later are optional, and what a newer operator knows beyond these is passed over. */
export const OperatorReport = z.object({
  kubernetesVersion: short,
  nodes: z
    .array(
      z.object({
        name: short,
        ready: z.boolean(),
        kubeletVersion: short,
        /** Conditions that are not as they are on a healthy node: `Ready`, `DiskPressure`, `MemoryPressure`, … */
        unhealthy: z.optional(z.array(z.object({ type: short, ...Statement.shape })).check(z.maxLength(20))),
      }),
    )
    .check(z.maxLength(5_000)),
  pods: z
    .array(
      z.object({
        namespace: short,
        name: short,
        node: short,
        ready: z.boolean(),
        phase: short,
        restarts: z.number(),
        /** Of a pod of the cluster itself: why it is not Ready. */
        why: z.optional(Statement),
        /** It is being deleted. */
        leaving: z.optional(z.literal(true)),
      }),
    )
    .check(z.maxLength(20_000)),
  /** The cluster's DNS answered for kubernetes.default.svc from the operator's own pod. */
  dns: z.boolean(),
  /** Whether the API server calls itself ready; without etcd it is not, and what it tells of nodes and pods may be old. */
  api: z.optional(z.boolean()),
})

export type EnrolRequest = z.infer<typeof EnrolRequest>
export type EnrolResponse = z.infer<typeof EnrolResponse>
export type InvitationResponse = z.infer<typeof InvitationResponse>
export type LeaveRequest = z.infer<typeof LeaveRequest>
export type OperatorReport = z.infer<typeof OperatorReport>

/** An error of the HTTP interface, with any status of 400 and above. */
export const ApiError = z.strictObject({ code: z.string(), message: z.string(), fix: z.string() })
export type ApiError = z.infer<typeof ApiError>
