import { readFile } from 'node:fs/promises'
import { AgentError } from '../base/agent-error.ts'
import { dnsAnswers } from './cluster-dns.ts'
import { buildReport, type NodeObject, nodeReport, type PodObject, podReport } from './cluster-state.ts'
import { openIdentity } from './identity.ts'
import { getJson, type InCluster, isApiReady } from './in-cluster.ts'
import { sleep } from './pause.ts'
import { ReportLoop } from './report-loop.ts'
import { sendReport } from './send-report.ts'
import { approveServing } from './serving/approve.ts'
import { openKnownNodes } from './serving/known-nodes.ts'
import { Watch } from './watch.ts'

export interface OperatorOptions {
  cluster: InCluster
  /** The mounted secret. */
  identityDirectory: string
  resolvConf: string
  log(message: string): void
  random(): number
  now(): Date
  signal: AbortSignal
}

/** Options from the environment of the operator's pod; throws AgentError outside a cluster. */
export function optionsFrom(env: NodeJS.ProcessEnv, signal: AbortSignal): OperatorOptions {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env
  if (!host || !port) {
    throw new AgentError(
      'operator/not-in-a-cluster',
      'KUBERNETES_SERVICE_HOST is not set: the operator must run in a pod',
      {
        fix: 'do not start the operator by hand; provisioning applies it to the cluster',
        kind: 'invalid',
      },
    )
  }
  return {
    cluster: { host, port: Number(port), serviceAccountDirectory: '/var/run/secrets/kubernetes.io/serviceaccount' },
    identityDirectory: '/etc/cantrip-operator',
    resolvConf: '/etc/resolv.conf',
    log: (message) => console.log(`${new Date().toISOString()} ${message}`),
    random: Math.random,
    now: () => new Date(),
    signal,
  }
}

/**
 * Watches the cluster and reports to the controller, until aborted. It changes nothing in the cluster but its own secret, and
 * approves the serving certificates of kubelets.
 */
export async function runOperator(options: OperatorOptions): Promise<void> {
  const { cluster, identityDirectory, log, random, now, signal } = options
  const identity = openIdentity({ directory: identityDirectory, cluster, log, now })
  let dns = false
  let kubernetesVersion = ''
  const onChange = () => {
    if (nodes.synced && pods.synced) reports.changed()
  }
  const common = { cluster, onChange, log, random, signal }
  const nodes = new Watch<NodeObject, ReturnType<typeof nodeReport>>({
    ...common,
    path: '/api/v1/nodes',
    reduce: nodeReport,
  })
  const pods = new Watch<PodObject, ReturnType<typeof podReport>>({
    ...common,
    path: '/api/v1/pods',
    reduce: podReport,
  })
  const reports = new ReportLoop({
    log,
    random,
    signal,
    async send() {
      if (!nodes.synced || !pods.synced) return
      kubernetesVersion = (await getJson<{ gitVersion: string }>(cluster, '/version', signal)).gitVersion
      const api = await isApiReady(cluster, signal)
      const report = buildReport({ kubernetesVersion, dns, api }, nodes.kept.values(), pods.kept.values())
      await sendReport(await identity.current(signal), report, signal)
    },
  })
  const watchDns = async () => {
    while (!signal.aborted) {
      const found = await dnsAnswers(await readFile(options.resolvConf, 'utf8'))
      if (found !== dns) {
        dns = found
        log(dns ? "the cluster's DNS answers" : "the cluster's DNS does not answer")
        onChange()
      }
      await sleep(dns ? 10_000 : 500, signal)
    }
  }
  const known = openKnownNodes({ identity, cluster, directory: identityDirectory, log, now })
  log('watching nodes and pods')
  await Promise.all([nodes.run(), pods.run(), reports.run(), watchDns(), approveServing({ ...common, known })])
  log('stopped')
}
