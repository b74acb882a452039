import { AgentError } from '../../../../base/agent-error.ts'
import { imageName } from '../../../../bundle/intake/image-name.ts'
import { imageRoutes } from '../../../../protocol/images/routes.ts'
import type { AdminClient } from '../../session/client.ts'

/** The full name of an image that was added: `nginx:1.27` is `docker.io/library/nginx:1.27`. Throws `images/unknown`. */
export async function findImage(client: Pick<AdminClient, 'ask'>, cluster: string, given: string): Promise<string> {
  const { images } = await client.ask(imageRoutes.listImages, { params: { name: cluster } })
  const found = images.find(({ name }) => name === given) ?? images.find(({ name }) => name === imageName(given))
  if (found) return found.name
  throw new AgentError('images/unknown', `cluster ${cluster} has no image ${given} that was added`, {
    fix: 'choose one of: controller cluster images list CLUSTER',
    kind: 'refused',
  })
}
