import type { Arch } from '../arch.ts'
import { IMAGES } from '../contents.ts'
import type { VersionSet } from '../versions/sets.ts'
import { upstreamFiles } from './table.ts'

/** What to download for a bundle. */
export interface UpstreamList {
  kubernetesVersion: string
  arch: Arch
  files: { url: string; checksumUrl?: string; gives: string[] }[]
  images: string[]
}

export function upstreamList(versions: VersionSet, arch: Arch): UpstreamList {
  const files = upstreamFiles(versions, arch).filter(({ spare }) => !spare)
  return {
    ...{ kubernetesVersion: versions.kubernetes, arch },
    files: files.map(({ url, checksumUrl, gives }) => ({
      ...{ url, gives: gives.map(({ path }) => path) },
      ...(checksumUrl === undefined ? {} : { checksumUrl }),
    })),
    images: Object.entries(IMAGES).map(([repository, { version }]) => `${repository}:${versions[version]}`),
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
