import * as z from 'zod/mini'
import { Flag, type Route } from '../route.ts'

export const AuthorityView = z.object({
  /** Names and SHA-256 fingerprints of the trusted CAs; the newest is last. There are two during a rotation. */
  authorities: z.array(z.object({ name: z.string(), fingerprint: z.string(), expiresAt: z.iso.datetime() })),
  /** Whether a rotation has begun and not ended. */
  rotating: z.boolean(),
  /** Numbers of nodes: all, and those that have the newest keys and a certificate of the newest CA. */
  nodes: z.number(),
  ready: z.number(),
  /** What would stop working if the rotation ended now: a node, or the operator of a cluster, and why, as text. */
  waiting: z.array(z.object({ cluster: z.string(), name: z.string(), reason: z.string() })),
})
export type AuthorityView = z.infer<typeof AuthorityView>

/** The controller's CA and instruction key, for administrators. */
export const authorityRoutes = {
  showAuthority: {
    method: 'GET',
    path: '/v1/ca',
    access: ['administrate'],
    summary: "Returns the controller's CAs, and the progress of their rotation",
    answer: AuthorityView,
    errors: [],
  },
  rotateAuthority: {
    method: 'POST',
    path: '/v1/ca/rotate',
    access: ['administrate'],
    summary: 'Creates the next CA and instruction key, and sends them to the nodes; the present ones stay valid',
    body: z.strictObject({}),
    answer: AuthorityView,
    errors: ['ca/rotating', 'ca/several'],
  },
  finishAuthority: {
    method: 'POST',
    path: '/v1/ca/finish',
    access: ['administrate'],
    summary: 'Ends the rotation: only the next CA and instruction key remain; `force`: although nodes do not have them',
    query: z.object({ force: Flag }),
    body: z.strictObject({}),
    answer: AuthorityView,
    errors: ['ca/no-rotation', 'ca/several', 'ca/stranded'],
  },
} as const satisfies Record<string, Route>
