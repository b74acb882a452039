import type { imageRoutes } from '../../../../protocol/images/routes.ts'
import { addImages, listImages, removeImage } from '../../../images/commands.ts'
import { clusterByName } from '../../../nodes/find.ts'
import type { Services } from '../../../services.ts'
import type { Handlers } from '../handler.ts'

export function imageHandlers(core: Services): Handlers<typeof imageRoutes> {
  const named = ({ params }: { params: { name: string } }) => clusterByName(core, params.name)
  return {
    listImages: async (asked) => ({ images: await listImages(core, await named(asked)) }),
    async uploadImages(asked) {
      const { id: clusterId } = await named(asked)
      const { offset, size } = asked.query
      const part = { clusterId, sha256: asked.params.sha256, offset, size, bytes: asked.body ?? new Uint8Array() }
      return { received: await core.images.uploads.take(part) }
    },
    async addImages(asked) {
      const { upload, unpinned } = asked.body
      return { images: await addImages(core, await named(asked), { upload, unpinned, by: asked.identity.name }) }
    },
    async removeImage(asked) {
      await removeImage(core, await named(asked), asked.params.image)
      return {}
    },
  }
}
