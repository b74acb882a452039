import { useMutation } from '@tanstack/react-query'
import type { ImageView } from '../../../protocol/images/routes.ts'
import { answerOf, api } from '../../data/client.ts'
import { TypedName } from '../../parts/values/typed-name.tsx'

interface RemoveImageProps {
  cluster: string
  image: ImageView
  onClose: () => void
}

export function RemoveImage({ cluster, image, onClose }: RemoveImageProps) {
  const removal = useMutation({
    mutationFn: () =>
      answerOf(
        api.DELETE('/v1/clusters/{name}/images/{+image}', { params: { path: { name: cluster, image: image.name } } }),
      ),
    onSuccess: onClose,
  })
  return (
    <TypedName
      name={image.name}
      title="Remove image"
      error={removal.error}
      isBusy={removal.isPending}
      onConfirm={() => removal.mutate()}
      onClose={onClose}
    >
      It is removed from the controller and from the nodes of cluster {cluster}. Pods that need it and are started again
      cannot be started.
    </TypedName>
  )
}
