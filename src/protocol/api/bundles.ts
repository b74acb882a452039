import * as z from 'zod/mini'
import type { Route } from './route.ts'

/** The imported bundles, for administrators; nodes download files of them by agentRoutes.fetchBundleFile. */
export const BundleView = z.object({
  name: z.string(),
  kubernetesVersion: z.string(),
  arch: z.string(),
  /** ISO 8601. */
  createdAt: z.string(),
  /** How many files it has, and their size together. */
  files: z.number(),
  bytes: z.number(),
  manifestSha256: z.string(),
  /** That verifies its signature. */
  publicKey: z.string(),
  /** The add-ons that clusters can have from it. */
  addOns: z.optional(z.array(z.object({ id: z.string(), version: z.string() }))),
})
export type BundleView = z.infer<typeof BundleView>

export const bundleRoutes = {
  listBundles: {
    method: 'GET',
    path: '/v1/bundles',
    access: ['view'],
    inAnyProject: true,
    summary: 'Lists the bundles that are imported at the controller that answers',
    answer: z.array(BundleView),
    errors: [],
  },
  deleteBundle: {
    method: 'DELETE',
    path: '/v1/bundles/{name}',
    access: ['administrate'],
    summary: "Deletes the bundle with a name, or with the first 12 or more digits of its manifest's SHA-256 sum",
    /** The name of a damaged bundle is the sum. */
    answer: z.object({ name: z.string(), manifestSha256: z.string() }),
    errors: ['bundle/ambiguous', 'bundle/in-use', 'bundle/unknown'],
  },
} as const satisfies Record<string, Route>
