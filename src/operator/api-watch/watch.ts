import type { Answer, Question } from './ask-master.ts'
import type { ApiWatchSettings } from './settings.ts'

export interface WatchEnvironment {
  settings: ApiWatchSettings
  ask(question: Question): Promise<Answer | undefined>
  /** Undefined if the file does not exist. */
  read(path: string): Promise<string | undefined>
  /** Atomic: the DNS server can read the file at any time. */
  write(path: string, text: string): Promise<void>
  log(line: string): void
  nowMs(): number
  sleep(ms: number, signal: AbortSignal): Promise<void>
  signal: AbortSignal
}

const LOOK_EVERY_MS = 1_000
/** Short, because it adds to the time until a lost master is noticed. */
const LOOK_TIMEOUT_MS = 1_500
const DISCOVER_EVERY_MS = 30_000
/** The addresses of all running API servers. Nodes may read it. */
const ENDPOINTS = '/api/v1/namespaces/default/endpoints/kubernetes'

/**
 * Checks each master every second and keeps the hosts file of the healthy ones up to date, until the signal. If none is
 * healthy, the file contains all: a client may still reach one of them.
 */
export async function watchApi(environment: WatchEnvironment): Promise<void> {
  const { settings, read, write, log, nowMs, sleep, signal } = environment
  let written: string | undefined = await read(settings.hosts)
  // The settings contain the initial masters, all of which can have been replaced since.
  let known = [...new Set([...settings.masters, ...addressesIn(written ?? '')])]
  let discoveredAtMs = Number.NEGATIVE_INFINITY
  while (!signal.aborted) {
    const startedAtMs = nowMs()
    const healthy = await healthyOf(known, environment)
    const text = hostsFile(settings.name, healthy.length > 0 ? healthy : known)
    if (text !== written) {
      await write(settings.hosts, text)
      log(healthy.length > 0 ? `healthy: ${healthy.join(', ')}` : 'no master is healthy')
      written = text
    }
    if (healthy[0] !== undefined && nowMs() - discoveredAtMs >= DISCOVER_EVERY_MS) {
      discoveredAtMs = nowMs()
      const found = await discover(healthy[0], environment)
      if (found) known = [...new Set([...settings.masters, ...found])]
    }
    await sleep(Math.max(100, LOOK_EVERY_MS - (nowMs() - startedAtMs)), signal).catch(() => undefined)
  }
}

async function healthyOf(addresses: readonly string[], { settings, ask, read }: WatchEnvironment): Promise<string[]> {
  const ca = await read(settings.ca)
  // Before this node has joined, it has no CA to verify a master with.
  if (ca === undefined) return []
  const looks = addresses.map(async (address) => {
    const answer = await ask({ address, port: settings.port, path: '/readyz', ca, timeoutMs: LOOK_TIMEOUT_MS })
    return answer?.status === 200
  })
  const healthy = await Promise.all(looks)
  return addresses.filter((_, index) => healthy[index])
}

/** The addresses of all masters. Undefined if this node has no permission yet, or gets no answer. */
async function discover(address: string, { settings, ask, read }: WatchEnvironment): Promise<string[] | undefined> {
  const [ca, pair] = await Promise.all([read(settings.ca), read(settings.identity)])
  if (ca === undefined || pair === undefined) return undefined
  const identity = { ca, cert: pair, key: pair }
  const answer = await ask({ address, port: settings.port, path: ENDPOINTS, ...identity, timeoutMs: 5_000 })
  if (answer?.status !== 200) return undefined
  const { subsets = [] } = JSON.parse(answer.body) as { subsets?: { addresses?: { ip: string }[] }[] }
  return subsets.flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip))
}

function addressesIn(hosts: string): string[] {
  return hosts.split('\n').flatMap((line) => line.split(' ')[0] || [])
}

function hostsFile(name: string, addresses: readonly string[]): string {
  return addresses.map((address) => `${address} ${name}\n`).join('')
}
