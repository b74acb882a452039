import type { HostView } from '../../host/host.ts'
import { NetworkError } from '../../host/network.ts'
import { readSntpReply, sntpRequest } from '../../host/parse/network/sntp.ts'
import {
  parseChronyDirectories,
  parseLinkServers,
  parseNtpServers,
  parseTimesyncdServers,
} from '../../host/parse/time-sync.ts'

const NTP_PORT = 123
const TIMEOUT_MS = 2_500
const MOST_ASKED = 8

/** The time servers in the configuration of this machine, for any daemon, in order and without duplicates. */
export async function configuredServers(host: HostView, timesyncdRuns: boolean): Promise<string[]> {
  const found = await Promise.all([timesyncd(host, timesyncdRuns), links(host), chrony(host), ntp(host)])
  return [...new Set(found.flat())].slice(0, MOST_ASKED)
}

async function timesyncd(host: HostView, runs: boolean): Promise<string[]> {
  const directories = ['/usr/lib', '/run', '/etc'].map((root) => `${root}/systemd/timesyncd.conf.d`)
  const dropIns = (await Promise.all(directories.map((directory) => filesIn(host, directory, '.conf')))).flat()
  const texts = await readAll(host, ['/etc/systemd/timesyncd.conf', ...dropIns])
  // The built-in fallback servers count only while systemd-timesyncd runs.
  return parseTimesyncdServers(runs ? texts : texts.map((text) => text.replaceAll('FallbackNTP', 'Unused')))
}

async function links(host: HostView): Promise<string[]> {
  const directory = '/run/systemd/netif/links'
  return (await readAll(host, await filesIn(host, directory, ''))).flatMap(parseLinkServers)
}

async function chrony(host: HostView): Promise<string[]> {
  const main = await readAll(host, ['/etc/chrony.conf', '/etc/chrony/chrony.conf'])
  const directories = main.flatMap(parseChronyDirectories)
  const more = await Promise.all(directories.map((d) => filesIn(host, d.directory, d.suffix)))
  return [...main, ...(await readAll(host, more.flat()))].flatMap(parseNtpServers)
}

async function ntp(host: HostView): Promise<string[]> {
  return (await readAll(host, ['/etc/ntp.conf', '/etc/ntpsec/ntp.conf'])).flatMap(parseNtpServers)
}

async function filesIn(host: HostView, directory: string, suffix: string): Promise<string[]> {
  const names = (await host.list(directory)) ?? []
  return names.filter((name) => name.endsWith(suffix)).map((name) => `${directory}/${name}`)
}

async function readAll(host: HostView, paths: readonly string[]): Promise<string[]> {
  return (await Promise.all(paths.map((path) => host.read(path)))).filter((text) => text !== undefined)
}

export interface ServerAnswer {
  server: string
  stratum: number
  /** Server clock minus local clock. */
  offsetMs: number
}

export interface Answers {
  answers: ServerAnswer[]
  /** For each of the other servers, why its answer is missing or unusable. */
  failures: string[]
}

/** Queries all servers at the same time. */
export async function askServers(host: HostView, servers: readonly string[]): Promise<Answers> {
  const outcomes = await Promise.all(servers.map((server) => askServer(host, server)))
  return {
    answers: outcomes.filter((each) => typeof each !== 'string'),
    failures: outcomes.filter((each) => typeof each === 'string'),
  }
}

async function askServer(host: HostView, server: string): Promise<ServerAnswer | string> {
  const cookie = new Uint8Array(new Float64Array([host.now().getTime()]).buffer)
  const request = sntpRequest(cookie)
  try {
    const { reply, ...times } = await host.network.exchange({ host: server, port: NTP_PORT }, request, TIMEOUT_MS)
    const answer = readSntpReply(reply, request, times)
    if (answer.kind === 'unusable') return `${server}: ${answer.because}`
    return { server, stratum: answer.stratum, offsetMs: answer.offsetMs }
  } catch (error) {
    if (error instanceof NetworkError) return `${server}: ${error.message}`
    throw error
  }
}
