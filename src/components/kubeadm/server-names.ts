import type { HostView } from '../../host/host.ts'
import { isMapping } from '../../provision/kubeadm/overrides.ts'
import { readYaml } from '../../provision/kubeadm/yaml.ts'
import { KUBEADM_CONFIG } from '../../provision/paths.ts'

/** The names and addresses that kubeadm's configuration on this node wants in the API server's certificate. */
export async function namesOfApiServer(host: HostView): Promise<string[]> {
  const text = await host.read(KUBEADM_CONFIG)
  if (text === undefined) return []
  return (await readYaml(text)).flatMap(({ value }) => {
    const apiServer = isMapping(value) ? value.apiServer : undefined
    const names = isMapping(apiServer) ? apiServer.certSANs : undefined
    return Array.isArray(names) ? names.map(String) : []
  })
}
