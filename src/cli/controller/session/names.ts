import { bundleRoutes } from '../../../protocol/api/bundles.ts'
import { clusterRoutes } from '../../../protocol/api/clusters.ts'
import { administratorRoutes } from '../../../protocol/api/identities/administrators.ts'
import { nodeRoutes } from '../../../protocol/api/nodes.ts'
import { accountRoutes } from '../../../protocol/api/people/accounts.ts'
import { sessionRoutes } from '../../../protocol/api/people/sessions.ts'
import { tokenRoutes } from '../../../protocol/api/people/tokens.ts'
import { imageRoutes } from '../../../protocol/images/routes.ts'
import type { NamesByKind } from '../../kit/completion/completion.ts'
import type { AdminClient } from './client.ts'
import { everyItem } from './every-item.ts'
import { withClient } from './session.ts'

type List = (client: AdminClient) => Promise<readonly { name: string }[]>

const named =
  (list: List): NamesByKind[string] =>
  (options) =>
    withClient(options, async (client) => [...new Set((await list(client)).map(({ name }) => name))])

const clusters: List = (client) => everyItem(client, clusterRoutes.listClusters)
const accounts = named((client) => client.ask(accountRoutes.listAccounts, {}))

/** The names that a shell completes. `<person>`: whoever has an account. */
export const NAMES: NamesByKind = {
  cluster: named(clusters),
  bundle: named((client) => client.ask(bundleRoutes.listBundles, {})),
  image: named(async (client) => {
    const found = await everyItem(client, clusterRoutes.listClusters)
    const all = found.map(({ name }) => client.ask(imageRoutes.listImages, { params: { name } }))
    return (await Promise.all(all)).flatMap(({ images }) => images)
  }),
  node: named((client) => everyItem(client, nodeRoutes.listNodes)),
  account: accounts,
  person: accounts,
  administrator: named((client) => client.ask(administratorRoutes.listAdministrators, {})),
  token: named(async (client) =>
    (await client.ask(tokenRoutes.listTokens, {})).filter(({ state }) => state === 'valid'),
  ),
  session: (options) =>
    withClient(options, async (client) => (await client.ask(sessionRoutes.listSessions, {})).map(({ id }) => id)),
  project: (options) =>
    withClient(options, async (client) => [
      ...new Set((await everyItem(client, clusterRoutes.listClusters)).map(({ project }) => project)),
    ]),
}
