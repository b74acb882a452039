import { X509Certificate } from 'node:crypto'
import { Gauge, type Registry } from 'prom-client'
import { readIfThere } from '../../../base/durable-file.ts'
import { AdminAccess } from '../../../protocol/api/access.ts'
import type { ClusterCertificate } from '../../../protocol/api/clusters.ts'
import { certificatesOfCluster } from '../../domain/certificates/certificates.ts'
import { type ClusterData, present } from '../../domain/draft.ts'
import type { HasAuthority, HasClock, HasExpiries, HasPresence, HasStore } from '../../ports.ts'
import { clusterStateNow, isConnectedNow, nodeStateNow } from '../../views/current.ts'

export type Observed = HasStore & HasPresence & HasAuthority & HasExpiries & Pick<HasClock, 'now'>

/** A number with its labels. */
type Count = readonly [labels: Record<string, string>, value: number]

/** Gauges of what the store has, as of now. Nothing is kept between two readings, so that no state of the past remains. */
export function openStateGauges(registers: Registry[], ports: Observed, adminFile: string): () => Promise<void> {
  const gauge = (name: string, help: string, labelNames: string[]) => new Gauge({ name, help, labelNames, registers })
  const nodes = gauge('cantrip_nodes', 'Nodes by state, and by whether they are connected to this controller.', [
    'state',
    'connected',
  ])
  const clusters = gauge('cantrip_clusters', 'Clusters by state.', ['state'])
  const problems = gauge('cantrip_problems', 'Problems of clusters, by their code.', ['cluster', 'code'])
  const runs = gauge('cantrip_open_runs', 'Instructions that nodes have not completed, by state.', ['state'])
  const certificates = gauge(
    'cantrip_certificate_expiry_seconds',
    'Seconds until a certificate expires: of the CA, of the server, in admin.json, and by owner on the nodes and of installers (the first one that expires).',
    ['certificate'],
  )
  return async () => {
    const found: ClusterData[] = []
    for (const { id } of await ports.store.clusters()) {
      const data = await ports.store.load(id)
      if (data) found.push(data)
    }
    const all = found.flatMap((data) => data.nodes.filter(({ state }) => state !== 'REMOVED'))
    set(
      nodes,
      countsOf(all, (node) => ({
        state: nodeStateNow(ports, node),
        connected: String(isConnectedNow(ports, node)),
      })),
    )
    set(
      clusters,
      countsOf(found, ({ cluster }) => ({ state: clusterStateNow(ports, cluster) })),
    )
    set(
      problems,
      found.flatMap(({ cluster }) =>
        countsOf(
          cluster.problems.filter(({ counts }) => counts),
          ({ code }) => ({ cluster: cluster.name, code }),
        ),
      ),
    )
    set(
      runs,
      countsOf(
        found.flatMap((data) => data.runs.filter(({ endedAt }) => endedAt === null)),
        ({ state }) => ({ state }),
      ),
    )
    set(certificates, [...expiriesOf(ports, adminFile), ...expiriesIn(found, ports.now())])
  }
}

function set(gauge: Gauge, counts: readonly Count[]): void {
  gauge.reset()
  for (const [labels, value] of counts) gauge.set(labels, value)
}

function countsOf<T>(items: readonly T[], labelsOf: (item: T) => Record<string, string>): Count[] {
  const groups = Map.groupBy(items, (item) => JSON.stringify(labelsOf(item)))
  return [...groups].map(([labels, group]) => [JSON.parse(labels) as Record<string, string>, group.length])
}

function expiriesOf({ authority, expiries, now }: Observed, adminFile: string): Count[] {
  const until = (date: Date) => Math.round((date.getTime() - now().getTime()) / 1_000)
  const seconds = (pem: string) => until(new X509Certificate(pem).validToDate)
  const authorities = authority.ca.match(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----/g) ?? []
  const admin = accessIn(adminFile)
  return [
    [{ certificate: 'ca' }, Math.min(...authorities.map(seconds))],
    ...[...expiries].map(([certificate, at]) => [{ certificate }, until(at())] as const),
    ...(admin === undefined ? [] : [[{ certificate: 'admin' }, seconds(admin)] as const]),
  ]
}

/**
 * On nodes the first to expire of each owner, of which there are few, however many nodes there are. Without those of agents, which
 * live for 30 days and would need another alert. Of each cluster the credentials that can be used for longest, as long as they can.
 */
function expiriesIn(all: readonly ClusterData[], now: Date): Count[] {
  const endOf = ({ notAfter }: ClusterCertificate) => Date.parse(notAfter)
  const found = all.flatMap((data) => {
    const certificates = certificatesOfCluster(data.cluster, present(data), now)
    const lasting = certificates.findLast(({ owner }) => owner === 'installer')
    const ofNodes = certificates.filter(({ owner }) => owner !== 'installer' && owner !== 'agent')
    return [...ofNodes, ...(lasting && lasting.state !== 'expired' ? [lasting] : [])]
  })
  return [...Map.groupBy(found, ({ owner }) => owner)].map(([owner, certificates]) => {
    const certificate = owner === 'installer' ? owner : `node-${owner}`
    return [{ certificate }, Math.round((Math.min(...certificates.map(endOf)) - now.getTime()) / 1_000)]
  })
}

/** Undefined while it is being replaced, or if it is damaged: the controller writes another one. */
function accessIn(path: string): string | undefined {
  try {
    const text = readIfThere(path)
    return text === undefined ? undefined : AdminAccess.parse(JSON.parse(text)).certificate
  } catch {
    return undefined
  }
}
