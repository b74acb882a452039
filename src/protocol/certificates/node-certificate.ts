import * as z from 'zod/mini'

/** The program that a certificate belongs to. */
export const CERTIFICATE_OWNERS = ['kubernetes', 'etcd', 'kubelet', 'operator', 'agent'] as const
/** `agent`: by a run, or its own; `kubelet`: by itself, while the API answers. */
export const CERTIFICATE_RENEWERS = ['agent', 'kubelet', 'nobody'] as const

export const MOST_CERTIFICATES = 64

/** A certificate on a node. Unknown fields of a newer agent are ignored. */
export const NodeCertificate = z.object({
  /** As kubeadm names it, if it does, e.g. `apiserver`; otherwise `OWNER` or `OWNER-USE`. Unique on a node. */
  name: z.string().check(z.regex(/^[a-z0-9][a-z0-9.-]{0,62}$/)),
  owner: z.enum(CERTIFICATE_OWNERS),
  notBefore: z.iso.datetime(),
  notAfter: z.iso.datetime(),
  renewedBy: z.enum(CERTIFICATE_RENEWERS),
})

export type NodeCertificate = z.infer<typeof NodeCertificate>
