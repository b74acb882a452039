import { AgentError } from '../../base/agent-error.ts'
import { hostPort } from '../../base/net/address.ts'
import type { HostView } from '../../host/host.ts'
import type { Response } from '../../host/network.ts'
import { ETCD_CLIENT } from '../paths.ts'

export interface EtcdMember {
  id: string
  /** Empty until the first start. */
  name: string
  peerUrl: string
  /** Empty until the first start. */
  clientUrl: string
  /** Has no vote yet. */
  isLearner: boolean
}

/** The JSON of etcd's gRPC gateway: 64-bit numbers are strings, and empty fields are omitted. */
interface WireMember {
  ID: string
  name?: string
  peerURLs?: string[]
  clientURLs?: string[]
  isLearner?: boolean
}

interface WireMembers {
  header?: { cluster_id?: string }
  members?: WireMember[]
}

const TIMEOUT_MS = 10_000

export const peerUrlOf = (address: string) => `https://${hostPort(address, 2380)}`

export interface Membership {
  /** Address of the machine whose etcd answered, for changes of the membership. */
  through: string
  clusterId: string
  members: EtcdMember[]
}

/**
 * The members as listed by the first of these machines whose etcd answers; undefined if none does. With `linearizable` the
 * list is agreed on by a quorum, and there is no answer without one; otherwise it is the member's own view, which can be stale.
 */
export async function readMembership(
  host: HostView,
  addresses: readonly string[],
  options: { linearizable?: boolean } = {},
): Promise<Membership | undefined> {
  for (const through of addresses) {
    const answer = await askMembers<WireMembers>(host, through, 'list', options).catch(() => undefined)
    if (answer?.members) {
      return { through, clusterId: answer.header?.cluster_id ?? '', members: answer.members.map(memberOf) }
    }
  }
  return undefined
}

/** Whether the member on this machine has started and has a vote, as agreed on by a quorum. */
export async function hasVote(host: HostView, address: string): Promise<boolean> {
  const found = await readMembership(host, [address], { linearizable: true })
  const own = found?.members.find(({ peerUrl }) => peerUrl === peerUrlOf(address))
  return own !== undefined && own.name !== '' && !own.isLearner
}

/** Throws `etcd/refused` with the message of etcd. */
export async function addLearner(host: HostView, address: string, peerUrl: string): Promise<void> {
  await askMembers(host, address, 'add', { peerURLs: [peerUrl], isLearner: true })
}

/** Throws `etcd/refused` until the learner has caught up with the leader. */
export async function promoteMember(host: HostView, address: string, id: string): Promise<void> {
  await askMembers(host, address, 'promote', { ID: id })
}

/** etcd itself refuses if the remaining members would have no quorum. */
export async function removeMember(host: HostView, address: string, id: string): Promise<void> {
  await askMembers(host, address, 'remove', { ID: id })
}

/** Whether it has a leader and can write. */
export async function isHealthy(host: HostView, member: EtcdMember): Promise<boolean> {
  return (await health(host, member, HEALTHY_MS)) === 200
}

/** Whether it runs, healthy or not. */
export async function answers(host: HostView, member: EtcdMember): Promise<boolean> {
  return (await health(host, member, 5_000)) !== undefined
}

/** The same, for a machine whose member is not known. */
export async function clientAnswers(host: HostView, address: string): Promise<boolean> {
  return (await health(host, { clientUrl: `https://${hostPort(address, 2379)}` }, 5_000)) !== undefined
}

/** Short, because a look at all members takes as long as the slowest one. */
const HEALTHY_MS = 2_000

async function health(
  host: HostView,
  { clientUrl }: Pick<EtcdMember, 'clientUrl'>,
  timeoutMs: number,
): Promise<number | undefined> {
  if (clientUrl === '') return undefined
  try {
    const tls = await identity(host)
    return (await host.network.request(`${clientUrl}/health`, { tls, timeoutMs })).status
  } catch {
    return undefined
  }
}

async function askMembers<T>(host: HostView, address: string, verb: string, body: unknown): Promise<T> {
  const url = `https://${hostPort(address, 2379)}/v3/cluster/member/${verb}`
  const { status, body: text } = await askEtcd(host, url, body).catch((cause: unknown) => {
    throw new AgentError('etcd/no-answer', `etcd on ${address} does not answer: ${(cause as Error).message}`, {
      fix: 'check etcd there: systemctl status etcd; then provision again',
      cause,
    })
  })
  if (status === 200) return JSON.parse(text) as T
  throw new AgentError('etcd/refused', `etcd on ${address} refused "member ${verb}": ${messageIn(text)}`, {
    fix: 'check the members on a master: etcdctl member list; then provision again',
  })
}

/** A request to the gRPC gateway of etcd, as its client. Rejects with a NetworkError. */
export async function askEtcd(host: HostView, url: string, body: unknown, timeoutMs = TIMEOUT_MS): Promise<Response> {
  return host.network.request(url, { method: 'POST', body: JSON.stringify(body), tls: await identity(host), timeoutMs })
}

async function identity(host: HostView): Promise<{ ca: string; cert: string; key: string }> {
  const paths = [ETCD_CLIENT.ca, ETCD_CLIENT.certificate, ETCD_CLIENT.key]
  const [ca = '', cert = '', key = ''] = await Promise.all(paths.map((path) => host.read(path)))
  return { ca, cert, key }
}

export function messageIn(text: string): string {
  try {
    return String((JSON.parse(text) as { message?: unknown }).message ?? text).slice(0, 500)
  } catch {
    return text.slice(0, 500)
  }
}

function memberOf({ ID, name = '', peerURLs = [], clientURLs = [], isLearner = false }: WireMember): EtcdMember {
  return { id: ID, name, peerUrl: peerURLs[0] ?? '', clientUrl: clientURLs[0] ?? '', isLearner }
}
