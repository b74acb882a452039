import type { FakeHost } from './fake-host.ts'

interface Member {
  ID: string
  name?: string
  peerURLs: string[]
  clientURLs?: string[]
  isLearner?: boolean
}

/** The member API of the gRPC gateway of an etcd cluster. */
export interface FakeEtcd {
  clusterId: string
  members: Member[]
  /** Error messages for the next requests, used once each. */
  refusals: string[]
  asked: string[]
  /** IDs of members that are down. */
  down: Set<string>
}

/** Answers on each of the addresses. A learner gets its name and data when its node's unit runs. */
export function fakeEtcd(host: FakeHost, addresses: readonly string[], own: { name: string; peer: string }): FakeEtcd {
  const members = addresses.map((address, index) => ({
    ID: String(100 + index),
    name: `m${index + 1}`,
    peerURLs: [`https://${address}:2380`],
  }))
  const etcd: FakeEtcd = { clusterId: '1', members, refusals: [], asked: [], down: new Set() }
  const refusalOf = (verb: string): string | undefined => {
    if (verb !== 'add') return undefined
    if (etcd.members.some(({ isLearner }) => isLearner)) return 'etcdserver: too many learner members in cluster'
    return etcd.members.some(({ ID }) => etcd.down.has(ID)) ? 'etcdserver: unhealthy cluster' : undefined
  }
  const verbs: Record<string, (body: { ID?: string; peerURLs?: string[]; isLearner?: boolean }) => void> = {
    list: () => undefined,
    add({ peerURLs = [], isLearner = false }) {
      etcd.members.push({ ID: String(200 + etcd.members.length), peerURLs, isLearner })
    },
    promote({ ID }) {
      for (const member of etcd.members) if (member.ID === ID) delete member.isLearner
    },
    remove({ ID }) {
      etcd.members = etcd.members.filter((member) => member.ID !== ID)
    },
  }
  for (const address of addresses) {
    host.network.onRequest(`https://${address}:2379/v3/cluster/member/`, (url, { body }) => {
      const verb = url.slice(url.lastIndexOf('/') + 1)
      if (verb !== 'list') {
        etcd.asked.push(verb)
        const message = etcd.refusals.shift() ?? refusalOf(verb)
        if (message !== undefined) return { status: 400, body: JSON.stringify({ message }) }
      }
      verbs[verb]?.(JSON.parse(body ?? '{}'))
      const self = etcd.members.find(({ peerURLs }) => peerURLs[0] === own.peer)
      if (self && host.units.get('etcd.service')?.active) {
        self.name = own.name
        host.files.seed('/var/lib/etcd/member-data/member/wal/0', '')
      }
      return { status: 200, body: JSON.stringify({ header: { cluster_id: etcd.clusterId }, members: etcd.members }) }
    })
  }
  return etcd
}
