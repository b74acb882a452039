import { useMutation } from '@tanstack/react-query'
import type { BundleView } from '../../../protocol/api/bundles.ts'
import { answerOf, api } from '../../data/client.ts'
import { TypedName } from '../../parts/values/typed-name.tsx'

export function DeleteBundle({ bundle, onClose }: { bundle: BundleView; onClose: () => void }) {
  const { name, manifestSha256 } = bundle
  const deletion = useMutation({
    mutationFn: () => answerOf(api.DELETE('/v1/bundles/{name}', { params: { path: { name: manifestSha256 } } })),
    onSuccess: onClose,
  })
  return (
    <TypedName
      name={name}
      title="Delete bundle"
      error={deletion.error}
      isBusy={deletion.isPending}
      onConfirm={() => deletion.mutate()}
      onClose={onClose}
    >
      Its files are deleted from the controller that answers. Nodes that have them keep them. A bundle that a cluster
      needs is not deleted.
    </TypedName>
  )
}
