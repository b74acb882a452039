import type { AdminAccess } from '../../../protocol/api/access.ts'

/** How a command reaches the controller, and as whom. */
export type ControllerAccess = { url: string; ca?: string | undefined } & (
  | Pick<AdminAccess, 'certificate' | 'key'>
  | { token: string; from: 'login' | 'environment' }
)
