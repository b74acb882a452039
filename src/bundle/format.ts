import * as z from 'zod/mini'

/**
 * A bundle is a directory that holds what nodes need for one Kubernetes version and architecture:
 *
 *   manifest.json       this schema; its SHA-256 names the bundle
 *   manifest.json.sig   Ed25519 signature over the exact bytes of manifest.json, base64
 *   <path of each file>
 *
 * Nothing outside the manifest is read. Paths are relative, of `[A-Za-z0-9._-]` segments, none of them `.` or `..`.
 */
export const MANIFEST_NAME = 'manifest.json'
export const SIGNATURE_NAME = 'manifest.json.sig'
export const MAX_MANIFEST_BYTES = 1024 * 1024

const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/))
const relativePath = z
  .string()
  .check(z.maxLength(200), z.regex(/^(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+)*$/))

export const BundleFile = z.strictObject({
  path: relativePath,
  /** What it is called where it is used: `kubelet`, `registry.k8s.io/pause:3.10.2`, `flannel.yaml`. */
  name: z.string().check(z.minLength(1), z.maxLength(200)),
  version: z.string().check(z.minLength(1), z.maxLength(60)),
  size: z.int().check(z.nonnegative()),
  sha256,
  /** binary: goes to /usr/local/bin; cni-plugin: to /opt/cni/bin; image: an OCI layout archive; manifest: YAML to apply. */
  role: z.enum(['binary', 'cni-plugin', 'image', 'manifest']),
  /** Images that a node's Ready needs are fetched and imported first. */
  first: z.optional(z.boolean()),
})

export const BundleManifest = z.strictObject({
  format: z.literal(1),
  /** e.g. `kubernetes-v1.2.3-x64`. */
  name: z.string().check(z.regex(/^[a-z0-9][a-z0-9._-]{0,99}$/)),
  kubernetesVersion: z.string().check(z.regex(/^v1\.\d{1,3}\.\d{1,3}$/)),
  arch: z.enum(['x64', 'arm64']),
  createdAt: z.iso.datetime(),
  files: z.array(BundleFile).check(z.minLength(1), z.maxLength(500)),
})

/** How an instruction names a bundle: nothing else is accepted under that name. */
export const BundleRef = z.strictObject({
  name: z.string().check(z.regex(/^[a-z0-9][a-z0-9._-]{0,99}$/)),
  manifestSha256: sha256,
  /** Ed25519 public key of the bundle's builder: SPKI DER, base64. */
  publicKey: z.string().check(z.maxLength(200)),
})

export type BundleFile = z.infer<typeof BundleFile>
export type BundleManifest = z.infer<typeof BundleManifest>
export type BundleRef = z.infer<typeof BundleRef>
