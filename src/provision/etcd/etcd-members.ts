import { AgentError } from '../../base/agent-error.ts'
import { hostPort } from '../../base/net/address.ts'
import type { HostView } from '../../host/host.ts'
import { ETCD_CLIENT } from '../paths.ts'

export interface EtcdMember {
  id: string
  /** Empty until it has started once. */
  name: string
  peerUrl: string
  /** Empty until it has started once. */
  clientUrl: string
  /** Has no vote yet. */
  isLearner: boolean
}

/** As etcd's gateway sends it: numbers of 64 bits are strings, and what is empty is left out. */
interface WireMember {
  ID: string
  name?: string
  peerURLs?: string[]
  clientURLs?: string[]
  isLearner?: boolean
}

const TIMEOUT_MS = 10_000

export const peerUrlOf = (address: string) => `https://${hostPort(address, 2380)}`

export interface Membership {
  /** The machine whose etcd answered, for what is to be changed. */
  through: string
  members: EtcdMember[]
}

/**
 * From the first of these machines whose etcd answers; undefined where none does. `linearizable`: as a majority knows it,
 * and no answer where there is none; else as that member itself knows it, which may have missed the latest.
 */
export async function readMembership(
  host: HostView,
  addresses: readonly string[],
  options: { linearizable?: boolean } = {},
): Promise<Membership | undefined> {
  for (const through of addresses) {
    const answer = await askEtcd<{ members?: WireMember[] }>(host, through, 'list', options).catch(() => undefined)
    if (answer?.members) return { through, members: answer.members.map(memberOf) }
  }
  return undefined
}

/** Whether the member on this machine runs and has a vote, as a majority knows it. */
export async function hasVote(host: HostView, address: string): Promise<boolean> {
  const found = await readMembership(host, [address], { linearizable: true })
  const own = found?.members.find(({ peerUrl }) => peerUrl === peerUrlOf(address))
  return own !== undefined && own.name !== '' && !own.isLearner
}

/** Throws `etcd/refused` with what etcd itself says. */
export async function addLearner(host: HostView, address: string, peerUrl: string): Promise<void> {
  await askEtcd(host, address, 'add', { peerURLs: [peerUrl], isLearner: true })
}

/** Throws `etcd/refused` while it has not caught up with the others. */
export async function promoteMember(host: HostView, address: string, id: string): Promise<void> {
  await askEtcd(host, address, 'promote', { ID: id })
}

/** etcd itself refuses it where the rest would be no majority. */
export async function removeMember(host: HostView, address: string, id: string): Promise<void> {
  await askEtcd(host, address, 'remove', { ID: id })
}

/** Whether it has a leader and can write. */
export async function isHealthy(host: HostView, member: EtcdMember): Promise<boolean> {
  return (await health(host, member, HEALTHY_MS)) === 200
}

/** Whether it runs, healthy or not. */
export async function answers(host: HostView, member: EtcdMember): Promise<boolean> {
  return (await health(host, member, 5_000)) !== undefined
}

/** Whoever looks at all of them waits for the slowest. */
const HEALTHY_MS = 2_000

async function health(host: HostView, { clientUrl }: EtcdMember, timeoutMs: number): Promise<number | undefined> {
  if (clientUrl === '') return undefined
  try {
    const tls = await identity(host)
    return (await host.network.request(`${clientUrl}/health`, { tls, timeoutMs })).status
  } catch {
    return undefined
  }
}

async function askEtcd<T>(host: HostView, address: string, verb: string, body: unknown): Promise<T> {
  const tls = await identity(host)
  const url = `https://${hostPort(address, 2379)}/v3/cluster/member/${verb}`
  const request = { method: 'POST', body: JSON.stringify(body), tls, timeoutMs: TIMEOUT_MS } as const
  const { status, body: text } = await host.network.request(url, request).catch((cause: unknown) => {
    throw new AgentError('etcd/no-answer', `etcd on ${address} does not answer: ${(cause as Error).message}`, {
      fix: 'systemctl status etcd there; then provision again',
      cause,
    })
  })
  if (status === 200) return JSON.parse(text) as T
  throw new AgentError('etcd/refused', `etcd on ${address} refused member ${verb}: ${messageIn(text)}`, {
    fix: 'look at the members: etcdctl member list on a master; then provision again',
  })
}

async function identity(host: HostView): Promise<{ ca: string; cert: string; key: string }> {
  const paths = [ETCD_CLIENT.ca, ETCD_CLIENT.certificate, ETCD_CLIENT.key]
  const [ca = '', cert = '', key = ''] = await Promise.all(paths.map((path) => host.read(path)))
  return { ca, cert, key }
}

function messageIn(text: string): string {
  try {
    return String((JSON.parse(text) as { message?: unknown }).message ?? text).slice(0, 500)
  } catch {
    return text.slice(0, 500)
  }
}

function memberOf({ ID, name = '', peerURLs = [], clientURLs = [], isLearner = false }: WireMember): EtcdMember {
  return { id: ID, name, peerUrl: peerURLs[0] ?? '', clientUrl: clientURLs[0] ?? '', isLearner }
}
