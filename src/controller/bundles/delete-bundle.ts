import { AgentError } from '../../base/agent-error.ts'
import type { BundleManifest } from '../../bundle/format.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import type { HasActs } from '../audit/recorded.ts'
import { refusal } from '../domain/admission.ts'
import { type ClusterData, present } from '../domain/draft.ts'
import type { HasBundles, HasStore } from '../ports.ts'

type Ports = HasBundles & HasStore & HasActs

/** Deletes the bundle with this name, or beginning of its manifest's hash. Throws `bundle/in-use` while a cluster uses it. */
export async function deleteBundle(ports: Ports, query: string): Promise<{ name: string; manifestSha256: string }> {
  await ports.bundles.refresh()
  const [bundle, ...others] = ports.bundles.named(query)
  if (!bundle) {
    const imported = ports.bundles.names().join(', ') || 'none'
    const fix = 'pass the name of an imported bundle, or at least 12 digits of the SHA-256 sum of its manifest'
    throw new AgentError('bundle/unknown', `there is no bundle ${query}; imported: ${imported}`, {
      fix,
      kind: 'invalid',
    })
  }
  const { manifest, manifestSha256 } = bundle
  if (others.length > 0) {
    const sums = [bundle, ...others].map((each) => each.manifestSha256).join(', ')
    const fix = 'pass the SHA-256 sum of one of them instead of the name'
    throw refusal('bundle/ambiguous', `${query} is the name of several bundles, with the manifests ${sums}`, fix)
  }
  const name = manifest?.name ?? manifestSha256
  const users = (await clustersOf(ports)).filter((data) => isUsed(ports, data, manifestSha256, manifest))
  const [first] = users
  if (first) {
    const names = users.map(({ cluster }) => cluster.name).join(', ')
    const version = manifest ? `Kubernetes ${manifest.kubernetesVersion} for ${manifest.arch}` : 'the same version'
    const fix = remedy`import a newer bundle of ${version}: ${{ do: 'bundle.import' }}; then provision each of these clusters again, e.g. ${{ do: 'cluster.provision', cluster: first.cluster.name }}, and wait until it is READY; or reset and delete clusters that nobody needs: ${{ do: 'cluster.delete', cluster: first.cluster.name }}`
    throw refusal('bundle/in-use', `bundle ${name} is used by the clusters ${names}`, fix)
  }
  const change = { record: 'bundle', id: manifestSha256, name, change: 'removed', fields: {} } as const
  await ports.doRecorded([change], () => ports.bundles.delete(manifestSha256))
  return { name, manifestSha256 }
}

async function clustersOf({ store }: HasStore): Promise<ClusterData[]> {
  const all = await Promise.all((await store.clusters()).map(({ id }) => store.load(id)))
  return all.filter((data) => data !== undefined)
}

/** Whether its settings ask for it, an open run installs from it, or a node restores its images from it. */
function isUsed(
  { bundles }: HasBundles,
  data: ClusterData,
  manifestSha256: string,
  manifest: BundleManifest | undefined,
): boolean {
  const nodes = present(data)
  const { kubernetesVersion } = data.cluster.settings
  const archs = nodes.flatMap(({ facts }) => facts?.os.arch ?? [])
  const isPicked =
    manifest?.kubernetesVersion === kubernetesVersion &&
    (archs.length === 0 || archs.includes(manifest.arch)) &&
    bundles.pick(kubernetesVersion, manifest.arch)?.manifestSha256 === manifestSha256
  return (
    isPicked || nodes.some(({ id }) => runsThatCount(data, id).some(({ payload }) => payload.includes(manifestSha256)))
  )
}

/** The open ones, and the last one. */
function runsThatCount({ runs }: ClusterData, nodeId: string) {
  const own = runs.filter((run) => run.nodeId === nodeId).sort((a, b) => b.seq - a.seq)
  return own.filter(({ state }, at) => at === 0 || state === 'open')
}
