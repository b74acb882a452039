import { type Network, openHttp } from '../../../src/bundle/download/http.ts'
import { type Mirrors, placesOf } from '../../../src/bundle/download/places.ts'
import { withAccess } from '../../../src/bundle/download/registry-access.ts'
import { upstreamList } from '../../../src/bundle/upstream/list.ts'
import { DEFAULT_VERSIONS, versionSet } from '../../../src/bundle/versions/sets.ts'
import { STEADY_CLOCK } from '../../../src/cli/kit/steady-clock.ts'

export type BundleSource = 'upstream' | 'gomod'

interface Asked extends Mirrors {
  network: Network
  /** After so long, no server counts as reachable. */
  deadlineMs: number
  kubernetesVersion?: string
}

/**
 * Where a bundle can come from: the projects' servers, if each of them has one of its files, and otherwise Go modules. Asks each
 * server for a checksum, or for the manifest of an image.
 */
export async function bundleSource({
  network,
  deadlineMs,
  kubernetesVersion,
  ...mirrors
}: Asked): Promise<BundleSource> {
  const http = await openHttp(network)
  const late = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => late.resolve(false), deadlineMs)
  const hasFile = async ({ url, accept }: Probe) => {
    const headers = accept === undefined ? {} : { accept }
    const answer = await withAccess({ http, clock: STEADY_CLOCK }).get(url, headers)
    await answer.drop()
    return answer.status === 200
  }
  try {
    const all = Promise.all(probes(mirrors, kubernetesVersion).map(hasFile)).then((found) => found.every(Boolean))
    const areThere = await Promise.race([all.catch(() => false), late.promise])
    return areThere ? 'upstream' : 'gomod'
  } finally {
    clearTimeout(timer)
    await http.close()
  }
}

interface Probe {
  url: string
  accept?: string
}

/** One small file of each server. */
function probes(mirrors: Mirrors, kubernetesVersion: string = DEFAULT_VERSIONS.kubernetes): Probe[] {
  const places = placesOf(mirrors)
  const { files, images } = upstreamList(versionSet(kubernetesVersion) ?? DEFAULT_VERSIONS, 'x64')
  const checksums = files.flatMap(({ checksumUrl }) => (checksumUrl === undefined ? [] : [checksumUrl]))
  const hosts = Map.groupBy(checksums, (url) => new URL(url).host)
  const registries = Map.groupBy(images, (name) => name.slice(0, name.indexOf('/')))
  const accept = 'application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json'
  return [
    ...[...hosts.values()].map(([url = '']) => ({ url: places.file(url.replace('https://', '')) })),
    ...[...registries.values()].map(([name = '']) => ({
      url: `${places.repository(name)}/manifests/${name.slice(name.lastIndexOf(':') + 1)}`,
      accept,
    })),
  ]
}
