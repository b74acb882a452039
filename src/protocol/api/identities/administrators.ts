import * as z from 'zod/mini'
import { Label } from '../../names.ts'
import type { Route } from '../route.ts'
import { Csr, IssuedIdentity, ValidDays } from './credentials.ts'

export const CreateAdministratorRequest = z.strictObject({
  name: Label,
  csr: Csr,
  /** Default: a year. */
  days: ValidDays,
})
export type CreateAdministratorRequest = z.infer<typeof CreateAdministratorRequest>

/** The people and programs that administrate, each with a certificate of its own. */
export const administratorRoutes = {
  listAdministrators: {
    method: 'GET',
    path: '/v1/administrators',
    access: ['administrate'],
    summary: 'Lists the certificate of every administrator, the oldest first',
    answer: z.array(IssuedIdentity),
    errors: [],
  },
  createAdministrator: {
    method: 'POST',
    path: '/v1/administrators',
    access: ['administrate'],
    summary: 'Issues a certificate to another administrator',
    body: CreateAdministratorRequest,
    answer: z.object({ administrator: IssuedIdentity, certificate: z.string(), ca: z.string() }),
    repeatable: true,
    errors: ['administrator/exists', 'csr/invalid', 'pem/invalid'],
  },
  revokeAdministrator: {
    method: 'DELETE',
    path: '/v1/administrators/{name}',
    access: ['administrate'],
    summary:
      'Revokes the certificates with a name, or the one with a serial number; not those of the last administrator',
    answer: z.array(IssuedIdentity),
    errors: ['administrator/unknown', 'administrator/last'],
  },
} as const satisfies Record<string, Route>
