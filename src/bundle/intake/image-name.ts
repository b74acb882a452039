import { ARCH } from '../arch.ts'
import { IMAGES } from '../contents.ts'

const SUFFIX = new RegExp(
  `-(${Object.values(ARCH)
    .map(({ go }) => go)
    .join('|')})(?=:[^:/]*$)`,
)

/** The name as containers refer to it: with a registry, and for images of Kubernetes without the architecture. */
export function imageName(name: string): string {
  const [first = '', ...rest] = name.split('/')
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  const full = hasRegistry ? name : `docker.io/${rest.length === 0 ? 'library/' : ''}${name}`
  const without = full.replace(SUFFIX, '')
  return Object.keys(IMAGES).some((repository) => without.startsWith(`${repository}:`)) ? without : full
}

/** The name of an image in its path: `any/where/registry.example/name:tag`, as `skopeo sync --scoped` makes it. */
export function imageNameInPath(path: string): string | undefined {
  const segments = path.split('/')
  const registry = segments.findIndex((segment, at) => /[.:]/.test(segment) && at < segments.length - 1)
  const name = segments.slice(registry).join('/')
  return registry >= 0 && /[^/]:[^/:]+$/.test(name) ? name : undefined
}
