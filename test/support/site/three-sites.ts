import { PostgresServer } from '../postgres.ts'
import type { Bed } from '../testbed/bed.ts'
import { waitFor } from '../wait-for.ts'
import { CONTROLLER_PORT, openSite, type Site } from './site.ts'

const DATABASE = 'cantrip'

/** Three controllers in one test bed, and the PostgreSQL server that they share. */
export interface ThreeSites {
  readonly server: PostgresServer
  readonly sites: readonly Site[]
  /** The one that decides for the only cluster. */
  holder(): Promise<Site>
  /** For each connected node the controller that has its session. */
  sessions(): Promise<Site[]>
  /** Waits until each controller has the bundle that one of them imported. */
  awaitBundle(): Promise<void>
  close(): Promise<void>
}

/** The bed must have its network. Each controller has a port of its own; they reach the database over a socket. */
export async function openThreeSites(bed: Bed): Promise<ThreeSites> {
  const server = await PostgresServer.start()
  try {
    return await openOn(server, bed)
  } catch (error) {
    await server.remove()
    throw error
  }
}

async function openOn(server: PostgresServer, bed: Bed): Promise<ThreeSites> {
  const flags = ['--database', await server.createDatabase(DATABASE)]
  const sites: Site[] = []
  for (const [at, name] of ['a', 'b', 'c'].entries())
    sites.push(await openSite(bed, { name, port: CONTROLLER_PORT + at, flags, keysOf: sites[0] }))
  const select = (what: string) => server.query(DATABASE, `SELECT urls::text FROM controllers ${what}`)
  const siteOf = ({ urls }: Record<string, unknown>): Site => {
    const found = sites.find(({ url }) => JSON.parse(String(urls)).includes(url))
    if (!found) throw new Error(`no controller has the URLs ${urls}`)
    return found
  }
  return {
    server,
    sites,
    async holder() {
      const [row] = await select('JOIN cluster_versions ON holder = id')
      if (!row) throw new Error('no controller decides for the cluster')
      return siteOf(row)
    },
    sessions: async () => (await select('JOIN sessions ON controller = id')).map(siteOf),
    async awaitBundle() {
      const have = async () => (await select(`WHERE json_array_length(bundles) = 1`)).length === sites.length
      await waitFor('the bundle at each controller', have, { withinMs: 180_000, everyMs: 500 })
    },
    async close() {
      for (const site of sites) await site.close()
      await server.remove()
    },
  }
}
