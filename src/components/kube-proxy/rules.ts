import type { HostView } from '../../host/host.ts'
import type { ProvisionParams } from '../../provision/params.ts'

/** The default of kube-proxy, which `metricsBindAddress` and the family of `bindAddress` change. */
const METRICS = 'http://127.0.0.1:10249/metrics'
const MAX_BYTES = 8 * 1024 * 1024
const WRITTEN = /^kubeproxy_sync_proxy_rules_last_timestamp_seconds(\{[^}]*\})? [1-9]/m

/**
 * Whether kube-proxy has written its rules on this node, in any mode. Until then, a packet to the address of a service leaves the node
 * by its default route. Taken as true if an override moves the metrics.
 */
export async function hasRules(host: HostView, { cluster }: Pick<ProvisionParams, 'cluster'>): Promise<boolean> {
  if (/bindAddress/i.test(cluster.overrides['kube-proxy'] ?? '')) return true
  try {
    const { status, body } = await host.network.request(METRICS, { timeoutMs: 5_000, maxBytes: MAX_BYTES })
    return status === 200 && WRITTEN.test(body)
  } catch {
    // It does not run yet.
    return false
  }
}
