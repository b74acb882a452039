import * as z from 'zod/mini'
import { ApiError } from '../api/access.ts'
import { type Route, whole } from '../api/route.ts'
import { ImageName } from './image-name.ts'
import { MAX_IMAGE_BYTES, UPLOAD_PART_BYTES } from './limits.ts'

const Sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/))

/** An image that people added to a cluster. */
export const ImageView = z.object({
  name: z.string(),
  /** `digest`: of the manifest or index, by which containers can name it; `bytes`: of the archive. */
  archives: z.array(z.object({ arch: z.string(), digest: z.string(), bytes: z.number() })),
  /** Whether the kubelet keeps it when the disk is full. */
  pinned: z.boolean(),
  /** ISO 8601. */
  addedAt: z.string(),
  addedBy: z.string(),
  /** Nodes that have it, of those with Kubernetes that it is for. */
  nodes: z.object({ have: z.array(z.string()), wanted: z.number() }),
  /** By node: why it is not there. */
  problems: z.array(z.object({ node: z.string(), error: ApiError })),
})
export type ImageView = z.infer<typeof ImageView>

const AddImagesRequest = z.strictObject({
  /** SHA-256 of the archive that was uploaded. */
  upload: Sha256,
  /** Whether the kubelet may remove them when the disk is full. */
  unpinned: z._default(z.boolean(), false),
})

const IMAGES = '/v1/clusters/{name}/images'

/** Images that people add to a cluster. */
export const imageRoutes = {
  listImages: {
    method: 'GET',
    path: IMAGES,
    access: ['view'],
    summary: 'Lists the images that were added to a cluster, by name, and which nodes have them',
    answer: z.object({ images: z.array(ImageView) }),
    errors: ['cluster/unknown'],
  },
  uploadImages: {
    method: 'POST',
    path: '/v1/clusters/{name}/uploads/{sha256}',
    access: ['operate'],
    summary:
      'Takes a part of an archive of images, at an offset: at most 4 MiB. The answer says how much of it has arrived; an empty part only asks',
    params: z.object({ name: z.string(), sha256: Sha256 }),
    query: z.object({ offset: whole(MAX_IMAGE_BYTES), size: whole(MAX_IMAGE_BYTES + 1) }),
    body: 'bytes',
    maxBodyBytes: UPLOAD_PART_BYTES,
    answer: z.object({ received: z.number() }),
    errors: ['cluster/unknown', 'images/no-space', 'images/too-large', 'images/uploading'],
  },
  addImages: {
    method: 'POST',
    path: IMAGES,
    access: ['operate'],
    summary: 'Adds the images of an uploaded archive to a cluster: its nodes get them, also those that join later',
    body: AddImagesRequest,
    answer: z.object({ images: z.array(ImageView) }),
    versioned: true,
    errors: [
      ...(['cluster/unknown', 'cluster/gone', 'images/invalid', 'images/in-bundle', 'images/too-many'] as const),
      ...(['images/no-space', 'images/not-uploaded', 'images/too-large'] as const),
    ],
  },
  removeImage: {
    method: 'DELETE',
    path: '/v1/clusters/{name}/images/{+image}',
    access: ['operate'],
    summary: 'Removes an image that was added to a cluster, also from its nodes',
    params: z.object({ name: z.string(), image: ImageName }),
    answer: z.strictObject({}),
    versioned: true,
    errors: ['cluster/unknown', 'cluster/gone', 'images/unknown'],
  },
} as const satisfies Record<string, Route>

/** For nodes, and for other controllers of the same database. */
export const imageFileRoutes = {
  fetchImage: {
    method: 'GET',
    path: '/v1/images/{sha256}',
    access: ['node', 'administrate'],
    summary: "Returns the archive of an image that was added to the node's cluster; supports ranges",
    params: z.object({ sha256: Sha256 }),
    answer: 'bytes',
    errors: ['images/unknown-file', 'limit/downloads', 'range/unsatisfiable'],
  },
} as const satisfies Record<string, Route>
