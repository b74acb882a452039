import { AgentError } from '../../../base/agent-error.ts'
import { credentialRoutes, MAX_NODES } from '../../../protocol/api/identities/credentials.ts'
import { MAX_JOIN_SECONDS } from '../../../protocol/api/identities/join.ts'
import { newJoin } from '../clusters/join/new-join.ts'
import type { AdminClient } from '../session/client.ts'

type Join = ReturnType<typeof newJoin>

const LEAST_SECONDS = 3_600

export interface SharedJoin {
  get(): Join
  /** Revokes it, unless a host needs it for another try; nodes that were approved stay. Resolves with a note if it stays valid. */
  end(isNeeded: boolean): Promise<string | undefined>
}

/** One set of credentials for all hosts, issued when the first one needs it. */
export function sharedJoin(
  client: AdminClient,
  cluster: string,
  {
    hosts,
    seconds,
    tlsTerminatingProxy,
  }: { hosts: number; seconds: number; tlsTerminatingProxy?: boolean | undefined },
): SharedJoin {
  let made: Join | undefined
  return {
    get() {
      const validSeconds = Math.min(MAX_JOIN_SECONDS, Math.max(LEAST_SECONDS, seconds))
      made ??= newJoin(client, cluster, {
        validSeconds,
        maxNodes: Math.min(MAX_NODES, hosts),
        tlsTerminatingProxy,
      }).catch((error) => {
        // The next host asks again.
        made = undefined
        throw error
      })
      return made
    },
    async end(isNeeded) {
      const issued = await made?.catch(() => undefined)
      if (issued === undefined) return undefined
      const set = issued.credentials.name
      const left = `the set of credentials ${set} stays valid for new nodes; to revoke it: controller creds revoke ${cluster} ${set}`
      if (isNeeded) return left
      try {
        await client.ask(credentialRoutes.revokeCredentials, { params: { name: cluster, set } })
        return undefined
      } catch (error) {
        if (!(error instanceof AgentError)) throw error
        return `${left} (it could not be revoked now: ${error.message})`
      }
    },
  }
}
