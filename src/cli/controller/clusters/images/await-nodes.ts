import { setTimeout } from 'node:timers/promises'
import { AgentError } from '../../../../base/agent-error.ts'
import { type ImageView, imageRoutes } from '../../../../protocol/images/routes.ts'
import type { AdminClient } from '../../session/client.ts'

const EVERY_MS = 500
/** Some GiB to many nodes. */
const LONGEST_MS = 1_800_000

/** Waits until each node has the images. Throws the error of the first node that cannot have one. */
export async function awaitNodes(
  client: Pick<AdminClient, 'ask'>,
  cluster: string,
  added: readonly ImageView[],
  { everyMs = EVERY_MS, longestMs = LONGEST_MS } = {},
): Promise<ImageView[]> {
  for (let waitedMs = 0; ; waitedMs += everyMs) {
    const { images } = await client.ask(imageRoutes.listImages, { params: { name: cluster } })
    const found = images.filter(({ name, addedAt }) =>
      added.some((each) => each.name === name && each.addedAt === addedAt),
    )
    const [problem] = found.flatMap(({ name, problems }) => problems.map((each) => ({ name, ...each })))
    if (problem) {
      const { node, name, error } = problem
      throw new AgentError(error.code, `${name} is not on ${node}: ${error.message}`, {
        fix: error.fix,
        kind: 'refused',
      })
    }
    const open = found.filter(({ nodes: { have, wanted } }) => have.length < wanted)
    // One that was removed meanwhile is not waited for.
    if (open.length === 0) return found
    if (waitedMs >= longestMs) {
      const still = open.map(({ name, nodes: { have, wanted } }) => `${name} (${have.length} of ${wanted})`).join(', ')
      throw new AgentError('images/not-on-all', `not all nodes have ${still}`, {
        fix: 'see which nodes are connected (controller node list); the others get the images when they are',
        kind: 'unreachable',
      })
    }
    await setTimeout(everyMs)
  }
}
