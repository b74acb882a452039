import * as z from 'zod/mini'
import { ClusterRole, ClusterUser, IpAddress, KubernetesVersion, NodeId, NodeName } from '../names.ts'
import { LABEL_KEY, MAX_LABEL_KEY } from '../settings/node-labels.ts'
import { ErrorReport } from './event.ts'
import { Backup, BackupId, EtcdState, MAX_BACKUPS } from './messages/backup.ts'
import { OPERATION_KEYS } from './released-names.ts'

const OperationId = z.string().check(z.regex(/^e-[a-z2-7]{10}$/))
/** X25519, raw, base64. */
const SealingKey = z.string().check(z.regex(/^[A-Za-z0-9+/]{43}=$/))

const common = {
  id: OperationId,
  /** The master that carries it out. */
  node: NodeId,
  expiresAt: z.iso.datetime(),
}
/** The node that an operation is for. */
const Target = z.strictObject({ name: NodeName, address: IpAddress, role: z.enum(['master', 'worker']) })

/**
 * What a drain does with pods that cannot move before its deadline: it waits for them, leaves them where they are, or deletes them
 * against their disruption budgets.
 */
export const OnBlocked = z.enum(['wait', 'skip', 'force'])

/** How long a person's access to a cluster can be: Kubernetes signs for at least 10 minutes. */
export const MIN_ACCESS_SECONDS = 600
export const MAX_ACCESS_SECONDS = 7 * 86_400
/** The most that a cluster has at a time. */
export const MAX_ACCESSES = 500

/**
 * A task of a master in its cluster for another node, or for a person; or the update of a node's agent, which outlives no run. It changes
 * nothing of Kubernetes on the machine, so it is not a run. It is idempotent and never stored: the controller repeats it as long as it is
 * needed.
 */
export const Operation = z.pipe(
  z.transform(withNewKeys),
  z.discriminatedUnion('operation', [
    /** Returns the invitation for the target, sealed to its key. */
    z.strictObject({ ...common, operation: z.literal('invite'), target: Target, sealTo: SealingKey }),
    /** Drains the target and removes its etcd member and its objects. */
    z.strictObject({ ...common, operation: z.literal('retire'), target: Target }),
    /** Returns the health of the etcd members. */
    z.strictObject({ ...common, operation: z.literal('look-at-etcd') }),
    /** Backs etcd up on this master, and returns what it saved. */
    z.strictObject({ ...common, operation: z.literal('back-up-etcd') }),
    /** Returns the backups on this master, and what its etcd has. */
    z.strictObject({ ...common, operation: z.literal('look-at-backups') }),
    /** Fails unless etcd can be restored from the backup on this master. */
    z.strictObject({ ...common, operation: z.literal('check-backup'), backup: BackupId }),
    /** Binds the user to the role, and returns a certificate that the cluster signs. */
    z.strictObject({
      ...common,
      operation: z.literal('grant-access'),
      user: ClusterUser,
      role: ClusterRole,
      /** Of the user's key; its subject is the user's name alone. */
      csr: z.string().check(z.maxLength(4_096)),
      seconds: z.int().check(z.minimum(MIN_ACCESS_SECONDS), z.maximum(MAX_ACCESS_SECONDS)),
    }),
    /** Deletes what binds these users. */
    z.strictObject({
      ...common,
      operation: z.literal('revoke-access'),
      users: z.array(ClusterUser).check(z.maxLength(MAX_ACCESSES)),
    }),
    /** Returns the users that are bound. */
    z.strictObject({ ...common, operation: z.literal('list-access') }),
    /** Makes the target unschedulable until a person ends that. */
    z.strictObject({ ...common, operation: z.literal('cordon'), target: Target }),
    /** Makes the target unschedulable and notes that it did so, then evicts its pods. */
    z.strictObject({
      ...common,
      operation: z.literal('cordon-and-drain'),
      target: Target,
      deadline: z.iso.datetime(),
      onBlocked: OnBlocked,
    }),
    /** Makes the target schedulable again; with `onlyOwn` only if `cordon-and-drain` had made it unschedulable. */
    z.strictObject({ ...common, operation: z.literal('uncordon'), target: Target, onlyOwn: z.boolean() }),
    /** Makes the etcd member of the target the leader. */
    z.strictObject({ ...common, operation: z.literal('move-leader'), target: Target }),
    /** As `look-at-etcd`, with the optional fields of the answer. */
    z.strictObject({ ...common, operation: z.literal('etcd-status') }),
    /** Returns what an upgrade of the cluster to this version would break, and what forbids it. */
    z.strictObject({ ...common, operation: z.literal('check-upgrade'), version: KubernetesVersion }),
    /** Returns the value of this label of each node that has it. */
    z.strictObject({
      ...common,
      operation: z.literal('node-labels'),
      label: z.string().check(z.maxLength(MAX_LABEL_KEY), z.regex(LABEL_KEY)),
    }),
    /**
     * Makes this the executable of the agent, unless a run is open. `done`: it runs, and was welcomed. `attempt`: the same one is tried
     * again only with a higher number.
     */
    z.strictObject({
      ...common,
      operation: z.literal('update-agent'),
      version: z.string().check(z.minLength(1), z.maxLength(60)),
      sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
      size: z.int().check(z.positive()),
      attempt: z.int().check(z.positive()),
    }),
  ]),
)

/** The inverse of parsing: JSON with the keys of released builds. This is the text that is signed. */
export function serializeOperation(operation: Operation): string {
  const { operation: kind, target, ...rest } = { target: undefined, ...operation }
  return JSON.stringify({ ...rest, [OPERATION_KEYS.operation]: kind, [OPERATION_KEYS.target]: target })
}

function withNewKeys(released: unknown): unknown {
  if (typeof released !== 'object' || released === null) return released
  const { [OPERATION_KEYS.operation]: operation, [OPERATION_KEYS.target]: target, ...rest } = released as Keys
  // A message with the new keys is invalid: no build sends them.
  if ('operation' in rest || 'target' in rest) return undefined
  return { ...rest, operation, ...(target !== undefined && { target }) }
}

type Keys = Partial<Record<(typeof OPERATION_KEYS)[keyof typeof OPERATION_KEYS], unknown>>

const text = z.string().check(z.maxLength(2_000))

export const EtcdHealth = z.strictObject({
  name: text,
  isHealthy: z.boolean(),
  isLearner: z.boolean(),
  // The others only in the answer to `etcd-status`, and only of a member that answers.
  isLeader: z.optional(z.boolean()),
  version: z.optional(z.string().check(z.maxLength(60))),
  /** Size of the database file. */
  dbBytes: z.optional(z.int().check(z.nonnegative())),
})

/** What an operation waits for while etcd on the master that carries it out does not answer. The text is in released agents. */
export const ETCD_SILENT = 'etcd to answer'

/** A pod that a drain has to leave where it is, at least for now. */
export const HeldPod = z.strictObject({
  namespace: z.string().check(z.maxLength(63)),
  name: z.string().check(z.maxLength(253)),
  /** The disruption budgets that forbid its eviction. */
  budgets: z.array(z.string().check(z.maxLength(253))).check(z.maxLength(10)),
  reason: z.string().check(z.maxLength(500)),
})
export const MAX_HELD_PODS = 50
const HeldPods = z.array(HeldPod).check(z.maxLength(MAX_HELD_PODS))
/** Of a drain that waits for pods which cannot move. */
const Blocked = z.strictObject({ pods: HeldPods, isPastDeadline: z.boolean() })

/** What a preflight found: the upgrade must not begin, or it can have an effect that people should know. */
export const UpgradeFinding = z.strictObject({ level: z.enum(['blocks', 'warns']), ...ErrorReport.shape })
export const MAX_UPGRADE_FINDINGS = 100

export const LabeledNode = z.strictObject({
  node: z.string().check(z.maxLength(253)),
  value: z.string().check(z.maxLength(63)),
})
export const MAX_LABELED_NODES = 2_000

/** A certificate for a person, and the CA of the cluster, in PEM. */
export const SignedAccess = z.strictObject({
  certificate: z.string().check(z.maxLength(8_192)),
  ca: z.string().check(z.maxLength(16_384)),
})
export const BoundAccess = z.strictObject({ user: ClusterUser, role: ClusterRole })

export const OperationAnswer = z.discriminatedUnion('outcome', [
  z.strictObject({
    id: OperationId,
    outcome: z.literal('done'),
    sealed: z.optional(z.string().check(z.maxLength(65_536))),
    etcd: z.optional(z.array(EtcdHealth).check(z.maxLength(20))),
    backup: z.optional(Backup),
    backups: z.optional(z.array(Backup).check(z.maxLength(MAX_BACKUPS))),
    etcdState: z.optional(EtcdState),
    signed: z.optional(SignedAccess),
    bound: z.optional(z.array(BoundAccess).check(z.maxLength(MAX_ACCESSES))),
    /** Pods that a drain with `onBlocked` skip left on the node. */
    held: z.optional(HeldPods),
    labels: z.optional(z.array(LabeledNode).check(z.maxLength(MAX_LABELED_NODES))),
    findings: z.optional(z.array(UpgradeFinding).check(z.maxLength(MAX_UPGRADE_FINDINGS))),
  }),
  /** The controller has to repeat the operation later. */
  z.strictObject({ id: OperationId, outcome: z.literal('not-yet'), waitingFor: text, blocked: z.optional(Blocked) }),
  z.strictObject({ id: OperationId, outcome: z.literal('failed'), error: ErrorReport }),
])

/** What a joining node needs from a master. It is sealed, so only the joining node can read it. */
export const Invitation = z.discriminatedUnion('role', [
  z.strictObject({
    role: z.literal('worker'),
    /** A bootstrap token, valid for 30 minutes. */
    token: z.string().check(z.regex(/^[a-z0-9]{6}\.[a-z0-9]{16}$/)),
    /** Hash of the cluster CA, for kubeadm's --discovery-token-ca-cert-hash. */
    caHash: z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/)),
  }),
  z.strictObject({
    role: z.literal('master'),
    /** The content of the files that all masters share, by their names in shared-files.ts. */
    files: z.record(z.string().check(z.maxLength(60)), z.string().check(z.maxLength(8_192))),
  }),
])

export type Target = z.infer<typeof Target>
export type Operation = z.infer<typeof Operation>
/** What is to be done, before it is known who does it and until when. */
export type OperationOrder<T = Operation> = T extends Operation ? Omit<T, keyof typeof common> : never
export type OnBlocked = z.infer<typeof OnBlocked>
export type HeldPod = z.infer<typeof HeldPod>
export type UpgradeFinding = z.infer<typeof UpgradeFinding>
export type EtcdHealth = z.infer<typeof EtcdHealth>
export type BoundAccess = z.infer<typeof BoundAccess>
export type OperationAnswer = z.infer<typeof OperationAnswer>
/** An answer, without the id of the request. */
export type OperationOutcome<T = OperationAnswer> = T extends OperationAnswer ? Omit<T, 'id'> : never
export type Invitation = z.infer<typeof Invitation>
