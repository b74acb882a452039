import * as z from 'zod/mini'

/**
 * A bundle is a directory with the files that nodes install for one Kubernetes version and architecture:
 *
 *   manifest.json       this schema; its SHA-256 identifies the bundle
 *   manifest.json.sig   Ed25519 signature over the exact bytes of manifest.json, base64
 *   <path of each file>
 *
 * Files that are not in the manifest are not read. Paths are relative, with segments of `[A-Za-z0-9._-]`, except `.` and `..`.
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
  /** Executable, image or manifest: `kubelet`, `registry.k8s.io/pause:3.10.2`, `flannel.yaml`. */
  name: z.string().check(z.minLength(1), z.maxLength(200)),
  version: z.string().check(z.minLength(1), z.maxLength(60)),
  size: z.int().check(z.nonnegative()),
  sha256,
  /**
   * The kind of file. binary: installed into /usr/local/bin, or part of an image (assembly.ts); cni-plugin: installed into
   * /opt/cni/bin; image: an archive of an OCI layout; manifest: YAML to apply. The key is fixed by released bundles.
   */
  role: z.enum(['binary', 'cni-plugin', 'image', 'manifest']),
  /** Images that a node needs to become Ready are downloaded and imported first. */
  first: z.optional(z.boolean()),
})

const BundleName = z.string().check(z.regex(/^[a-z0-9][a-z0-9._-]{0,99}$/))

export const BundleManifest = z.strictObject({
  format: z.literal(1),
  /** e.g. `kubernetes-v1.2.3-x64`. */
  name: BundleName,
  kubernetesVersion: z.string().check(z.regex(/^v1\.\d{1,3}\.\d{1,3}$/)),
  arch: z.enum(['x64', 'arm64']),
  createdAt: z.iso.datetime(),
  files: z.array(BundleFile).check(z.minLength(1), z.maxLength(500)),
})

/** Identifies a bundle in an instruction. A node accepts only this manifest, signed with this key. */
export const BundleRef = z.strictObject({
  name: BundleName,
  manifestSha256: sha256,
  /** Ed25519 public key of the bundle's builder: SPKI DER, base64. */
  publicKey: z.string().check(z.maxLength(200)),
})

export type BundleFile = z.infer<typeof BundleFile>
export type BundleManifest = z.infer<typeof BundleManifest>
export type BundleRef = z.infer<typeof BundleRef>
