import type { Arch } from '../arch.ts'
import { IMAGES } from '../contents.ts'
import type { VersionSet } from '../versions/sets.ts'
import { type UpstreamFile, upstreamFiles } from './table.ts'

/** What to download for a bundle. */
export interface UpstreamList {
  kubernetesVersion: string
  arch: Arch
  files: ListedFile[]
  images: string[]
  /** Archives with the manifest and the images of another pod network. */
  podNetworks: ListedFile[]
}

interface ListedFile {
  url: string
  checksumUrl?: string
  gives: string[]
}

export function upstreamList(versions: VersionSet, arch: Arch): UpstreamList {
  const all = upstreamFiles(versions, arch)
  const hasManifest = ({ gives }: UpstreamFile) => gives.some(({ path }) => path.startsWith('manifests/'))
  const hasImages = ({ gives }: UpstreamFile) => gives.some(({ path }) => path.startsWith('images/'))
  return {
    ...{ kubernetesVersion: versions.kubernetes, arch },
    files: all.filter(({ spare }) => !spare).map(listed),
    images: Object.entries(IMAGES).map(([repository, { version }]) => `${repository}:${versions[version]}`),
    podNetworks: all.filter((file) => hasManifest(file) && hasImages(file)).map(listed),
  }
}

function listed({ url, checksumUrl, gives }: UpstreamFile): ListedFile {
  return {
    ...{ url, gives: gives.map(({ path }) => path) },
    ...(checksumUrl === undefined ? {} : { checksumUrl }),
  }
}

/** The URLs of files and checksums, for `wget -x -i FILE`. */
export function forWget({ files }: UpstreamList): string {
  const urls = files.flatMap(({ url, checksumUrl }) => (checksumUrl === undefined ? [url] : [url, checksumUrl]))
  return [...new Set(urls)].map((url) => `${url}\n`).join('')
}

/** The images, for `skopeo sync --scoped --src yaml --dest dir FILE DIRECTORY`. */
export function forSkopeo({ images }: UpstreamList): string {
  const registries = Map.groupBy(images, (image) => image.slice(0, image.indexOf('/')))
  return [...registries]
    .map(([registry, names]) => {
      const lines = names.map((name) => {
        const at = name.lastIndexOf(':')
        return `    ${name.slice(registry.length + 1, at)}: ["${name.slice(at + 1)}"]\n`
      })
      return `${registry}:\n  images:\n${lines.join('')}`
    })
    .join('')
}
