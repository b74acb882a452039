import { httpUrl } from './http.ts'

/** Where to download from: mirrors of the projects' servers. */
export interface Mirrors {
  /** A URL with `HOST/PATH` of the projects below it; without it, the projects' own servers. */
  base?: string | undefined
  /** The URL of a registry with `REGISTRY/NAME` of the projects below it; without it, the projects' own registries. */
  registry?: string | undefined
}

export interface Places {
  /** The URL of `HOST/PATH`. */
  file(place: string): string
  /** The URL of the repository of an image, for the API of registries. */
  repository(image: string): string
}

/** Throws `bundle/bad-url`. */
export function placesOf({ base, registry }: Mirrors): Places {
  const mirror = base === undefined ? 'https:/' : httpUrl(base, '--base')
  const registryUrl = registry === undefined ? undefined : new URL(httpUrl(registry, '--registry'))
  return {
    file: (place) => `${mirror}/${place}`,
    repository(image) {
      const slash = image.indexOf('/')
      const name = image.slice(0, image.lastIndexOf(':'))
      if (registryUrl === undefined) return `https://${image.slice(0, slash)}/v2/${name.slice(slash + 1)}`
      return `${registryUrl.origin}/v2${registryUrl.pathname.replace(/\/$/, '')}/${name}`
    },
  }
}
