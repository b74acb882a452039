import * as z from 'zod/mini'
import { ImageName } from '../../images/image-name.ts'
import { MOST_IMAGES } from '../../images/limits.ts'
import { NodeId } from '../../names.ts'

/** An image for one architecture, in an archive that the controller has. */
const ImageArchive = z.strictObject({
  /** Of the manifest or index of the image. */
  digest: z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/)),
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  size: z.int().check(z.positive()),
})
export type ImageArchive = z.infer<typeof ImageArchive>

/** An image that people added to a cluster. */
export const ListedImage = z.strictObject({
  name: ImageName,
  /** By architecture; absent if the image is not for it. */
  archives: z.strictObject({ x64: z.optional(ImageArchive), arm64: z.optional(ImageArchive) }),
  /** Whether the kubelet must keep it when the disk is full. */
  pinned: z.boolean(),
  /** Adding it again brings it again to nodes from which the kubelet removed it. */
  addedAt: z.iso.datetime(),
})
export type ListedImage = z.infer<typeof ListedImage>

/**
 * All images that people added to the cluster, for one node. It is signed with an instruction key that the agent trusts. A later
 * list replaces an earlier one: what it does not name is removed from the node.
 */
export const Images = z.strictObject({
  node: NodeId,
  expiresAt: z.iso.datetime(),
  issuedAt: z.iso.datetime(),
  /** By name. */
  images: z.array(ListedImage).check(z.maxLength(MOST_IMAGES)),
})
export type Images = z.infer<typeof Images>
