import * as z from 'zod/mini'
import { Label } from '../../names.ts'
import { Grant } from '../access.ts'
import type { Route } from '../route.ts'

export const SHORTEST_PASSWORD = 12

/** For a new account, or a new password of one. */
export const NewPassword = z.string().check(z.minLength(SHORTEST_PASSWORD), z.maxLength(256))
export const Grants = z.array(Grant).check(z.maxLength(64))

export const AccountView = z.object({
  name: z.string(),
  grants: z.array(Grant),
  state: z.enum(['enabled', 'disabled']),
  /** Times are ISO 8601. */
  createdAt: z.string(),
  createdBy: z.string(),
  lastUsedAt: z.nullable(z.string()),
  disabledAt: z.nullable(z.string()),
})
export type AccountView = z.infer<typeof AccountView>

const CreateAccountRequest = z.strictObject({ name: Label, password: NewPassword, grants: Grants })
export type CreateAccountRequest = z.infer<typeof CreateAccountRequest>

const ChangeAccountRequest = z.strictObject({
  grants: z.optional(Grants),
  disabled: z.optional(z.boolean()),
  password: z.optional(NewPassword),
})
export type ChangeAccountRequest = z.infer<typeof ChangeAccountRequest>

/** Local accounts, with which people sign in by a password. */
export const accountRoutes = {
  listAccounts: {
    method: 'GET',
    path: '/v1/accounts',
    access: ['administrate'],
    summary: 'Lists the local accounts, by name',
    answer: z.array(AccountView),
    errors: [],
  },
  createAccount: {
    method: 'POST',
    path: '/v1/accounts',
    access: ['administrate'],
    summary: 'Creates a local account',
    body: CreateAccountRequest,
    answer: AccountView,
    errors: ['account/exists'],
  },
  changeAccount: {
    method: 'POST',
    path: '/v1/accounts/{name}',
    access: ['administrate'],
    summary:
      'Changes the roles or the password of an account, or disables it; a new password and disabling end its sessions',
    body: ChangeAccountRequest,
    answer: AccountView,
    errors: ['account/unknown'],
  },
  deleteAccount: {
    method: 'DELETE',
    path: '/v1/accounts/{name}',
    access: ['administrate'],
    summary: 'Deletes an account, ends its sessions, and revokes its API tokens',
    answer: AccountView,
    errors: ['account/unknown'],
  },
} as const satisfies Record<string, Route>
