import { credentialRoutes, MAX_NODES } from '../../../protocol/api/identities/credentials.ts'
import { MAX_JOIN_SECONDS } from '../../../protocol/api/identities/join.ts'
import { newJoin } from '../clusters/join/new-join.ts'
import type { AdminClient } from '../session/client.ts'

type Join = ReturnType<typeof newJoin>

const LEAST_SECONDS = 3_600

/** One set of credentials for all hosts, issued when the first one needs it. */
export function sharedJoin(
  client: AdminClient,
  cluster: string,
  { hosts, seconds }: { hosts: number; seconds: number },
): { get(): Join; revoke(): Promise<void> } {
  let made: Join | undefined
  return {
    get() {
      const validSeconds = Math.min(MAX_JOIN_SECONDS, Math.max(LEAST_SECONDS, seconds))
      made ??= newJoin(client, cluster, { validSeconds, maxNodes: Math.min(MAX_NODES, hosts) })
      return made
    },
    /** Nodes that were approved stay. */
    async revoke() {
      const issued = await made?.catch(() => undefined)
      if (issued === undefined) return
      const { credentials } = issued
      await client.ask(credentialRoutes.revokeCredentials, { params: { name: cluster, set: credentials.name } })
    },
  }
}
