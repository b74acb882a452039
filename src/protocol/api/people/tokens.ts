import * as z from 'zod/mini'
import { Label } from '../../names.ts'
import { Grant } from '../access.ts'
import { IssuedIdentity, ValidDays } from '../identities/credentials.ts'
import type { Route } from '../route.ts'
import { Grants } from './accounts.ts'

const { serial: _, ...issued } = IssuedIdentity.shape

export const ApiTokenView = z.object({
  ...issued,
  grants: z.array(Grant),
  /** Whose token it is: it never has more rights than this account, and ends with it. */
  account: z.nullable(z.string()),
})
export type ApiTokenView = z.infer<typeof ApiTokenView>

const CreateTokenRequest = z.strictObject({
  name: Label,
  grants: Grants.check(z.minLength(1)),
  /** Default: 90; of people at the OIDC provider at most 30, which is their default. */
  days: ValidDays,
})
export type CreateTokenRequest = z.infer<typeof CreateTokenRequest>

/** Tokens for programs. */
export const tokenRoutes = {
  listTokens: {
    method: 'GET',
    path: '/v1/tokens',
    access: ['view'],
    inAnyProject: true,
    summary: 'Lists the API tokens of the caller; for administrators: of everyone',
    answer: z.array(ApiTokenView),
    errors: [],
  },
  createToken: {
    method: 'POST',
    path: '/v1/tokens',
    access: ['view'],
    inAnyProject: true,
    summary: 'Creates an API token with at most the roles of the caller; its secret is shown only now',
    body: CreateTokenRequest,
    answer: z.object({ token: ApiTokenView, secret: z.string() }),
    errors: ['token/exists', 'token/too-many', 'token/too-long', 'identity/exceeds-own'],
  },
  revokeToken: {
    method: 'DELETE',
    path: '/v1/tokens/{name}',
    access: ['view'],
    inAnyProject: true,
    summary: 'Revokes an API token of the caller; for administrators: of anyone',
    answer: ApiTokenView,
    errors: ['token/unknown'],
  },
  revokeTokensOf: {
    method: 'DELETE',
    path: '/v1/people/{name}/tokens',
    access: ['administrate'],
    summary:
      'Revokes all API tokens of a person: of an account, or those that they have created; returns those that were valid',
    answer: z.array(ApiTokenView),
    errors: [],
  },
} as const satisfies Record<string, Route>
