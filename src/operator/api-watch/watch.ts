import type { Answer, Question } from './ask-master.ts'
import type { ApiWatchSettings } from './settings.ts'

export interface Surroundings {
  settings: ApiWatchSettings
  ask(question: Question): Promise<Answer | undefined>
  /** Undefined where nothing is. */
  read(path: string): Promise<string | undefined>
  /** Atomic: the DNS server may read at any time. */
  write(path: string, text: string): Promise<void>
  log(line: string): void
  nowMs(): number
  sleep(ms: number, signal: AbortSignal): Promise<void>
  signal: AbortSignal
}

const LOOK_EVERY_MS = 1_000
/** Short, for it is part of the time in which nobody knows that a master has gone. */
const LOOK_TIMEOUT_MS = 1_500
const DISCOVER_EVERY_MS = 30_000
/** A node may read it: the addresses of all API servers that are alive. */
const ENDPOINTS = '/api/v1/namespaces/default/endpoints/kubernetes'

/**
 * Looks at each master every second and keeps the file of those that are healthy, until the signal. Where none is, all
 * stand in it: who asks then may be luckier than we are.
 */
export async function watchApi(surroundings: Surroundings): Promise<void> {
  const { settings, read, write, log, nowMs, sleep, signal } = surroundings
  let told: string | undefined = await read(settings.hosts)
  // Those of the settings are the masters of the beginning, who may all have been replaced since.
  let known = [...new Set([...settings.masters, ...addressesIn(told ?? '')])]
  let discoveredAtMs = Number.NEGATIVE_INFINITY
  while (!signal.aborted) {
    const startedAtMs = nowMs()
    const healthy = await healthyOf(known, surroundings)
    const text = hostsFile(settings.name, healthy.length > 0 ? healthy : known)
    if (text !== told) {
      await write(settings.hosts, text)
      log(healthy.length > 0 ? `healthy: ${healthy.join(', ')}` : 'no master is healthy')
      told = text
    }
    if (healthy[0] !== undefined && nowMs() - discoveredAtMs >= DISCOVER_EVERY_MS) {
      discoveredAtMs = nowMs()
      const found = await discover(healthy[0], surroundings)
      if (found) known = [...new Set([...settings.masters, ...found])]
    }
    await sleep(Math.max(100, LOOK_EVERY_MS - (nowMs() - startedAtMs)), signal).catch(() => undefined)
  }
}

async function healthyOf(addresses: readonly string[], { settings, ask, read }: Surroundings): Promise<string[]> {
  const ca = await read(settings.ca)
  // Before this node has joined it knows nobody whom it could trust.
  if (ca === undefined) return []
  const looks = addresses.map(async (address) => {
    const answer = await ask({ address, port: settings.port, path: '/readyz', ca, timeoutMs: LOOK_TIMEOUT_MS })
    return answer?.status === 200
  })
  const healthy = await Promise.all(looks)
  return addresses.filter((_, index) => healthy[index])
}

/** All that there are now. Undefined where this node may not ask yet, or gets no answer. */
async function discover(address: string, { settings, ask, read }: Surroundings): Promise<string[] | undefined> {
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

export function hostsFile(name: string, addresses: readonly string[]): string {
  return addresses.map((address) => `${address} ${name}\n`).join('')
}
