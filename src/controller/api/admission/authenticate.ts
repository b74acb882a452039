import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { refusal } from '../../domain/admission.ts'
import type { Services } from '../../services.ts'
import { type Identity, identify } from '../identity.ts'

/** Who sends the request. Whether the route admits them is a question for admit.ts. */
export async function authenticate({ now }: Services, { socket }: IncomingMessage): Promise<Identity> {
  const identity = identify(socket as TLSSocket, now())
  if (identity) return identity
  const fix = 'sign in: controller login; or send an API token, or use a client certificate'
  throw refusal('identity/none', 'the request has no client certificate, API token or session', fix)
}
