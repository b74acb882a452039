import type { OperatorReport } from '../../../protocol/api/operators.ts'
import { type OwnWorkload, ownWorkloadOf, ownWorkloads } from '../../../protocol/own-pods.ts'
import type { Cluster } from '../records.ts'
import { isMaster } from '../shape.ts'
import type { Member } from '../situation.ts'
import { because, type Found } from './found-problem.ts'

type Pod = OperatorReport['pods'][number]

/** Pods of the cluster's own workloads that are not Ready, unschedulable or missing. `members`: READY nodes. */
export function podProblems(cluster: Cluster, members: readonly Member[], { nodes, pods }: OperatorReport): Found[] {
  const { cni } = cluster.settings
  const workloads = ownWorkloads(cni)
  const up = new Set(nodes.filter(({ ready }) => ready).map(({ name }) => name))
  // On a node that is not Ready no pod is Ready: the problem of the node is enough.
  const places = members.filter(({ node }) => up.has(node.name))
  const running = new Map<OwnWorkload, Pod[]>()
  const evicted = new Map<OwnWorkload, Pod[]>()
  for (const pod of pods) {
    const workload = ownWorkloadOf(pod, workloads)
    if (!workload || pod.leaving) continue
    const kind = pod.phase === 'Failed' ? evicted : running
    kind.set(workload, kind.get(workload) ?? [])
    kind.get(workload)?.push(pod)
  }
  const placeNames = new Set(['', ...places.map(({ node }) => node.name)])
  return workloads.flatMap((workload) => {
    const own = running.get(workload) ?? []
    const last = evicted.get(workload) ?? []
    const unready = own.filter((pod) => !pod.ready && placeNames.has(pod.node)).map(notReady)
    // A pod network that the administrator installs may replace kube-proxy.
    if (cni === 'none' && workload.name === 'kube-proxy') return unready
    if (workload.runsOn === 'any') return own.length > 0 ? unready : [missing(workload, last)]
    const wanted = workload.runsOn === 'masters' ? places.filter(isMaster) : places
    const has = new Set(own.map(({ node }) => node))
    const without = wanted.filter(({ node }) => !has.has(node.name))
    // The pod exists, and is not scheduled yet.
    const isPending = has.has('')
    const on = (name: string) => last.filter(({ node }) => node === name)
    return [...unready, ...(isPending ? [] : without.map(({ node }) => missing(workload, on(node.name), node.name)))]
  })
}

function notReady({ namespace, name, node, why }: Pod): Found {
  const is = node === '' ? 'cannot be scheduled' : `on node ${node} is not Ready`
  return {
    code: node === '' ? 'pod/unschedulable' : 'pod/not-ready',
    subject: `${namespace}/${name}`,
    node: node === '' ? null : node,
    message: `pod ${namespace}/${name} ${is}${why ? because(why) : ''}`,
    since: why?.since,
    seenBy: 'operator',
  }
}

function missing({ namespace, name }: OwnWorkload, evicted: readonly Pod[], node: string | null = null): Found {
  const why = evicted.find((pod) => pod.why)?.why
  const where = node === null ? '' : ` on node ${node}`
  return {
    code: evicted.length > 0 ? 'pod/evicted' : 'pod/missing',
    subject: `${namespace}/${name}${where}`,
    node,
    message: `there is no pod of ${namespace}/${name}${where}${why ? because(why) : ''}`,
    seenBy: 'operator',
  }
}
