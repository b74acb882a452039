const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

/** Kubelets and API servers have certificates of the cluster, which are verified. */
const secure = (metricsPath?: string) => ({
  scheme: 'https',
  ...(metricsPath && { metrics_path: metricsPath }),
  tls_config: { ca_file: `${ACCOUNT}/ca.crt` },
  bearer_token_file: `${ACCOUNT}/token`,
})

const meta = (name: string) => [`__meta_kubernetes_${name}`]
const keep = (label: string, regex: string) => ({ source_labels: meta(label), action: 'keep', regex })
const named = (label: string, target: string) => ({ source_labels: meta(label), target_label: target })

const nodes = { kubernetes_sd_configs: [{ role: 'node' }], relabel_configs: [named('node_name', 'node')] }

/** The annotations of pods that are scraped at this port. */
export const scraped = (port: number) => ({ 'prometheus.io/scrape': 'true', 'prometheus.io/port': String(port) })

/** What is scraped: each node, each API server, and each running pod with the annotation `prometheus.io/scrape: "true"`. */
export const SCRAPED = {
  global: { scrape_interval: '15s' },
  scrape_configs: [
    { job_name: 'kubelet', ...secure(), ...nodes },
    { job_name: 'cadvisor', ...secure('/metrics/cadvisor'), ...nodes },
    {
      job_name: 'apiserver',
      ...secure(),
      kubernetes_sd_configs: [{ role: 'endpointslice', namespaces: { names: ['default'] } }],
      relabel_configs: [keep('service_name', 'kubernetes'), keep('endpointslice_port_name', 'https')],
    },
    {
      job_name: 'node',
      kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: ['cantrip-node-exporter'] } }],
      relabel_configs: [
        keep('pod_label_app', 'node-exporter'),
        keep('pod_container_port_number', '9100'),
        named('pod_node_name', 'node'),
      ],
    },
    {
      job_name: 'pods',
      kubernetes_sd_configs: [{ role: 'pod' }],
      relabel_configs: [
        keep('pod_annotation_prometheus_io_scrape', 'true'),
        keep('pod_phase', 'Running'),
        { action: 'drop', source_labels: meta('pod_container_init'), regex: 'true' },
        // One target of a pod, also if its containers have several ports.
        {
          action: 'keepequal',
          source_labels: meta('pod_annotation_prometheus_io_port'),
          target_label: '__meta_kubernetes_pod_container_port_number',
        },
        {
          source_labels: meta('pod_annotation_prometheus_io_path'),
          target_label: '__metrics_path__',
          regex: '(/.+)',
        },
        named('namespace', 'namespace'),
        named('pod_name', 'pod'),
        named('pod_node_name', 'node'),
      ],
    },
  ],
}
