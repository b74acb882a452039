import { isIPv4, isIPv6 } from 'node:net'
import * as z from 'zod/mini'

/** RFC 1123 label, as Kubernetes requires for names. */
export const Label = z.string().check(z.regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/))
export const NodeName = z
  .string()
  .check(z.maxLength(253), z.regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/))
/** `n-`, `c-` or `r-` and ten base 32 characters. Ids are never reused. */
export const NodeId = z.string().check(z.regex(/^n-[a-z2-7]{10}$/))
export const ClusterId = z.string().check(z.regex(/^c-[a-z2-7]{10}$/))
export const RunId = z.string().check(z.regex(/^r-[a-z2-7]{10}$/))

export const KubernetesVersion = z.string().check(z.regex(/^v1\.\d{1,3}\.\d{1,3}$/))
export const Cidr = z.string().check(z.maxLength(50), z.regex(/^[0-9a-f.:]+\/\d{1,3}$/))
/** A name or address, and a port, as kubeadm accepts for controlPlaneEndpoint. */
export const HOST_PORT_WANTED =
  'HOST:PORT, a name in lower case or an address ([…] around IPv6) and a port from 1 to 65535, e.g. api.example.org:6443'
export const HostPort = z.string().check(z.maxLength(260), z.refine(isHostPort, `wanted ${HOST_PORT_WANTED}`))
export const IpAddress = z.string().check(z.maxLength(45), z.regex(/^[0-9a-f.:]+$/))
export const NodeRole = z.enum(['master', 'worker', 'storage'])
/** A whole disk, by the name that the kernel gives it. */
export const DiskDevice = z.string().check(z.regex(/^\/dev\/[a-zA-Z0-9]{1,60}$/))
export const Cni = z.enum(['flannel', 'calico', 'cilium', 'none'])

/** A person or program, as a part of the names that it has in clusters. */
export const PersonName = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$/))
/** The name of a person in a cluster, with one key: see clusterUser in pki. */
export const ClusterUser = z.string().check(z.regex(/^cantrip:[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}:[0-9a-f]{16}$/))
/** Of a person in a cluster: what the ClusterRoles `view`, `edit` and `cluster-admin` of Kubernetes permit. */
export const ClusterRole = z.enum(['view', 'edit', 'admin'])

/** `DISCOVERED → APPROVED → CONFIGURED → PROVISIONING → READY`; also FAILED, UNREACHABLE and REMOVED. */
export const NodeState = z.enum([
  'DISCOVERED',
  'APPROVED',
  'CONFIGURED',
  'PROVISIONING',
  'READY',
  'FAILED',
  'UNREACHABLE',
  'REMOVED',
])

export type NodeRole = z.infer<typeof NodeRole>
export type ClusterRole = z.infer<typeof ClusterRole>
export type NodeState = z.infer<typeof NodeState>
export type Cni = z.infer<typeof Cni>

function isHostPort(text: string): boolean {
  const [, bracketed, host = '', port] = /^(?:\[([0-9a-f:]+)\]|([a-z0-9.-]+)):([1-9]\d{0,4})$/.exec(text) ?? []
  if (port === undefined || Number(port) > 65_535) return false
  if (bracketed !== undefined) return isIPv6(bracketed)
  return /^[\d.]+$/.test(host) ? isIPv4(host) : NodeName.safeParse(host).success
}
