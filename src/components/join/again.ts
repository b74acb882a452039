import { KUBELET_STATE } from '../../base/kubernetes-paths.ts'
import type { HostView } from '../../host/host.ts'
import { isMapping } from '../../provision/kubeadm/overrides.ts'
import { readYaml } from '../../provision/kubeadm/yaml.ts'
import { KUBERNETES_PKI } from '../../provision/paths.ts'

const CA = `${KUBERNETES_PKI}/ca.crt`
/** kubeadm writes them before it starts the kubelet for the first time. */
const OF_THE_FIRST_JOIN = [CA, `${KUBELET_STATE}/config.yaml`, `${KUBELET_STATE}/kubeadm-flags.env`]

/**
 * The kubeconfig with which the kubelet of a node that was in the cluster before gets another certificate. kubeadm would refuse
 * such a node as long as the cluster shows it as Ready. Undefined for a node that joins for the first time. @param configuration
 * the path of kubeadm's configuration with the token
 */
export async function bootstrapKubeconfig(host: HostView, configuration: string): Promise<string | undefined> {
  const stats = await Promise.all(OF_THE_FIRST_JOIN.map((path) => host.stat(path)))
  if (stats.some((stat) => stat === undefined || stat.size === 0)) return undefined
  const [{ value } = { value: undefined }] = await readYaml((await host.read(configuration)) ?? '')
  const discovery = isMapping(value) && isMapping(value.discovery) ? value.discovery.bootstrapToken : undefined
  if (!isMapping(discovery)) return undefined
  const name = 'kubelet-bootstrap'
  const cluster = { server: `https://${discovery.apiServerEndpoint}`, 'certificate-authority': CA }
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster }],
    users: [{ name, user: { token: discovery.token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  })
}
