import { setTimeout } from 'node:timers/promises'
import { AgentError } from '../../../../base/agent-error.ts'
import { type Clock, poll, type RetryPolicy } from '../../../../base/retry.ts'
import { type ImageView, imageRoutes } from '../../../../protocol/images/routes.ts'
import type { AdminClient } from '../../session/client.ts'

/** Some GiB to many nodes. */
const POLICY: RetryPolicy = { firstMs: 500, withinMs: 1_800_000 }
const CLOCK: Clock = { now: () => new Date(), sleep: (ms) => setTimeout(ms) }

/** Waits until each node has the images. Throws the error of the first node that cannot have one. */
export async function awaitNodes(
  client: Pick<AdminClient, 'ask'>,
  cluster: string,
  added: readonly ImageView[],
  { policy, clock }: { policy: RetryPolicy; clock: Clock } = { policy: POLICY, clock: CLOCK },
): Promise<ImageView[]> {
  let last: ImageView[] = []
  const look = async () => {
    const { images } = await client.ask(imageRoutes.listImages, { params: { name: cluster } })
    // One that was removed meanwhile is not waited for.
    last = images.filter(({ name, addedAt }) => added.some((each) => each.name === name && each.addedAt === addedAt))
    for (const { name, problems } of last) for (const { node, error } of problems) throw problemOn(node, name, error)
    return last.every(isOnAll) ? last : undefined
  }
  const found = await poll(policy, look, { clock })
  if (found) return found
  const open = last.filter((image) => !isOnAll(image))
  const still = open.map(({ name, nodes: { have, wanted } }) => `${name} (${have.length} of ${wanted})`).join(', ')
  throw new AgentError('images/not-on-all', `not all nodes have ${still}`, {
    fix: 'see which nodes are connected (controller node list); the others get the images when they are',
    kind: 'unreachable',
  })
}

const isOnAll = ({ nodes: { have, wanted } }: ImageView) => have.length >= wanted

const problemOn = (node: string, image: string, error: ImageView['problems'][number]['error']) =>
  new AgentError(error.code, `${image} is not on ${node}: ${error.message}`, { fix: error.fix, kind: 'failed' })
