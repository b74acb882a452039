import { homedir } from 'node:os'
import { join } from 'node:path'

/** A test bed: nodes that share one bridge. Beds of different prefixes do not see each other. */
export interface Bed {
  /** Names its network namespace, its cgroups and its machines. */
  readonly prefix: string
  /** Where its state lies: one directory a node, and what the bridge's servers need. */
  readonly directory: string
}

/**
 * The bridge's own address, where the resolver, the time server and a test's controller listen. The bed's network lies
 * outside of the default pod and service subnets, as an administrator's should: prechecks warn where they overlap.
 */
export const GATEWAY = '10.90.0.1'
export const PREFIX_LENGTH = 24
export const BRIDGE = 'br0'
/** What nodes and certificates call the controller of a test. */
export const CONTROLLER_NAME = 'controller.test'

/** The bed that CANTRIP_TESTBED (a directory) and CANTRIP_TESTBED_PREFIX name; /var/tmp/cantrip-testbed otherwise. */
export function defaultBed(env: NodeJS.ProcessEnv = process.env): Bed {
  return bedNamed(env.CANTRIP_TESTBED_PREFIX ?? 'cantrip-testbed', env)
}

export function bedNamed(prefix: string, env: NodeJS.ProcessEnv = process.env): Bed {
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(prefix)) {
    throw new Error(`test bed prefix '${prefix}': want a lower-case letter, then letters, digits or '-', 31 at most`)
  }
  return { prefix, directory: join(env.CANTRIP_TESTBED ?? '/var/tmp/cantrip-testbed', prefix) }
}

export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  return env.CANTRIP_CACHE ?? join(homedir(), '.cache', 'cantrip')
}

export const namespacePath = (bed: Bed) => `/run/netns/${bed.prefix}`

/**
 * Runs argv in the bed's network, as a test's controller must, so that it can listen on 10.90.0.1.
 * nsenter, not `ip netns exec`: the latter hides /sys/fs/cgroup behind a new /sys.
 */
export const inNetwork = (bed: Bed, argv: readonly string[]) => [
  'nsenter',
  `--net=${namespacePath(bed)}`,
  '--',
  ...argv,
]
