import { ARCHS } from '../../bundle/arch.ts'
import type { ImageView } from '../../protocol/images/routes.ts'
import { type ClusterData, present } from '../domain/draft.ts'
import type { ClusterImage, Node } from '../domain/records.ts'
import { mayHaveKubernetes } from '../domain/shape.ts'

/** The images that people added to a cluster, and what its nodes say about them. */
export function imageViews(data: ClusterData): ImageView[] {
  const nodes = present(data).filter(mayHaveKubernetes)
  return data.cluster.images.map((image) => viewOf(image, nodes))
}

function viewOf({ name, archives, pinned, addedAt, addedBy }: ClusterImage, nodes: readonly Node[]): ImageView {
  const wanted = nodes.flatMap((node) => {
    const archive = node.facts && archives[node.facts.os.arch]
    return archive ? [{ node, archive }] : []
  })
  const said = wanted.flatMap(({ node, archive }) => {
    const found = node.facts?.addedImages?.find(
      (each) => each.name === name && each.digest === archive.digest && each.addedAt === addedAt,
    )
    return found ? [{ node: node.name, problem: found.problem }] : []
  })
  return {
    ...{ name, pinned, addedAt, addedBy },
    archives: ARCHS.flatMap((arch) => {
      const archive = archives[arch]
      return archive ? [{ arch, digest: archive.digest, bytes: archive.size }] : []
    }),
    nodes: { have: said.flatMap(({ node, problem }) => (problem ? [] : [node])), wanted: wanted.length },
    problems: said.flatMap(({ node, problem }) => (problem ? [{ node, error: problem }] : [])),
  }
}
