import type { Person } from '../../access/oidc/person.ts'
import { beginSession } from '../../access/people/sessions.ts'
import type { UserSession } from '../../domain/identities/record.ts'
import type { Services } from '../../services.ts'

/** Begins the session of a person who has signed in at the OIDC provider, with the roles that the groups have now. */
export async function beginPersonSession(
  core: Services,
  { name, issuer, subject, grants }: Person,
  client: Pick<UserSession, 'kind' | 'address'>,
): ReturnType<typeof beginSession> {
  const begun = await beginSession(core, { name, grants: [...grants], ...client })
  // Names can change hands at the provider; these do not.
  core.log(`session ${begun.session.id}: ${name} is ${JSON.stringify(subject)} at ${issuer}`)
  return begun
}
