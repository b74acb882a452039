import { homedir } from 'node:os'
import { join } from 'node:path'

/** A test bed: nodes on one bridge. Beds with different prefixes are isolated from each other. */
export interface Bed {
  /** The prefix of its network namespace, cgroups and machines. */
  readonly prefix: string
  /** Its state: one directory per node, and the files of the servers on the bridge. */
  readonly directory: string
}

/**
 * The address of the bridge, on which the DNS server, the time server and the controller of a test listen. The network is
 * outside the default pod and service subnets, because the prechecks warn about an overlap.
 */
export const GATEWAY = '10.90.0.1'
export const PREFIX_LENGTH = 24
export const BRIDGE = 'br0'
/** The DNS name of the controller of a test. */
export const CONTROLLER_NAME = 'controller.test'

/** The bed of the environment variables CANTRIP_TESTBED (a directory) and CANTRIP_TESTBED_PREFIX. Default: /var/tmp/cantrip-testbed. */
export function defaultBed(env: NodeJS.ProcessEnv = process.env): Bed {
  return bedNamed(env.CANTRIP_TESTBED_PREFIX ?? 'cantrip-testbed', env)
}

export function bedNamed(prefix: string, env: NodeJS.ProcessEnv = process.env): Bed {
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(prefix)) {
    throw new Error(`test bed prefix '${prefix}': needs a lower-case letter, then letters, digits or '-', 31 at most`)
  }
  return { prefix, directory: join(env.CANTRIP_TESTBED ?? '/var/tmp/cantrip-testbed', prefix) }
}

export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  return env.CANTRIP_CACHE ?? join(homedir(), '.cache', 'cantrip')
}

export const namespacePath = (bed: Bed) => `/run/netns/${bed.prefix}`

/**
 * The argv that runs a command in the network of the bed, so that it can listen on 10.90.0.1. Uses nsenter, because
 * `ip netns exec` hides /sys/fs/cgroup behind a new /sys.
 */
export const inNetwork = (bed: Bed, argv: readonly string[]) => [
  'nsenter',
  `--net=${namespacePath(bed)}`,
  '--',
  ...argv,
]
