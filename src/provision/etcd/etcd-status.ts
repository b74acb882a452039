import { AgentError } from '../../base/agent-error.ts'
import type { HostView } from '../../host/host.ts'
import { askEtcd, type EtcdMember, messageIn } from './etcd-members.ts'

export interface EtcdStatus {
  version: string
  /** Size of the database file. */
  dbBytes: number
  /** Id of the member that it takes for the leader; '0' while there is none. */
  leaderId: string
  /** Of the data, and the term and last index of the log. */
  revision: number
  term: number
  index: number
}

/** The JSON of etcd's gRPC gateway: 64-bit numbers are strings, and empty fields are omitted. */
interface WireStatus {
  version?: string
  dbSize?: string
  leader?: string
  header?: { revision?: string }
  raftTerm?: string
  raftIndex?: string
}

const STATUS_MS = 2_000
/** etcd itself waits this long for an election. */
const TRANSFER_MS = 10_000

/** What a member says about itself; undefined if it does not answer. */
export async function statusOf(
  host: HostView,
  { clientUrl }: Pick<EtcdMember, 'clientUrl'>,
): Promise<EtcdStatus | undefined> {
  if (clientUrl === '') return undefined
  const answer = await askEtcd(host, `${clientUrl}/v3/maintenance/status`, {}, STATUS_MS).catch(() => undefined)
  if (answer?.status !== 200) return undefined
  const found = JSON.parse(answer.body) as WireStatus
  const { version = '', dbSize = '0', leader = '0', header, raftTerm = '0', raftIndex = '0' } = found
  const log = { revision: Number(header?.revision ?? 0), term: Number(raftTerm), index: Number(raftIndex) }
  return { version, dbBytes: Number(dbSize), leaderId: leader, ...log }
}

/** Only the leader carries it out. Throws `etcd/refused` with the message of etcd. */
export async function transferLeadership(host: HostView, leader: EtcdMember, toId: string): Promise<void> {
  const url = `${leader.clientUrl}/v3/maintenance/transfer-leadership`
  const { status, body } = await askEtcd(host, url, { targetID: toId }, TRANSFER_MS).catch((cause: unknown) => {
    throw new AgentError('etcd/no-answer', `etcd on ${leader.name} does not answer: ${(cause as Error).message}`, {
      fix: 'check etcd there: systemctl status etcd',
      cause,
    })
  })
  if (status === 200) return
  throw new AgentError('etcd/refused', `etcd on ${leader.name} refused to move the leader: ${messageIn(body)}`, {
    fix: 'check the members on a master: etcdctl endpoint status --cluster',
  })
}
