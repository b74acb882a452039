import { AgentError } from '../../../base/agent-error.ts'

interface Mirrors {
  registryMirrors?: Readonly<Record<string, string>> | undefined
  mirrorOnly?: readonly string[] | undefined
}

/** Throws `settings/no-mirror` for a registry whose images are to come only from its mirror, and that has none. */
export function admitMirrors({ registryMirrors = {}, mirrorOnly = [] }: Mirrors): void {
  const without = mirrorOnly.filter((registry) => registryMirrors[registry] === undefined)
  if (without.length === 0) return
  throw new AgentError(
    'settings/no-mirror',
    `found ${without.join(', ')} in mirrorOnly; wanted registries that registryMirrors has`,
    { fix: `add registryMirrors.${without[0]}=URL, or remove ${without[0]} from mirrorOnly too`, kind: 'invalid' },
  )
}
