import type { HostView } from '../../host/host.ts'
import type { NodeParams } from '../../protocol/wire/instruction.ts'
import { KUBEADM_CONFIG } from '../paths.ts'
import { isMapping, type Mapping, readOverride } from './overrides.ts'
import { readYaml } from './yaml.ts'

/** The ClusterConfiguration in kubeadm's configuration on this node, with the cluster's overrides; undefined if there is none. */
export async function clusterConfigurationOn(host: HostView): Promise<Mapping | undefined> {
  return configurationIn(await host.read(KUBEADM_CONFIG))
}

/** The same of the text that kubeadm stored in the cluster. */
export async function configurationIn(text: string | undefined): Promise<Mapping | undefined> {
  const documents = text === undefined ? [] : await readYaml(text)
  return documents
    .map(({ value }) => value)
    .filter(isMapping)
    .find(({ kind }) => kind === 'ClusterConfiguration')
}

/** The URL of the API that kubeadm on this master writes to kubeconfigs and to the cluster. */
export async function serverOnMaster(host: HostView): Promise<string | undefined> {
  const endpoint = (await clusterConfigurationOn(host))?.controlPlaneEndpoint
  return typeof endpoint === 'string' ? `https://${endpoint}` : undefined
}

/** The URL of the API for the nodes of the cluster: its endpoint, unless an override of kubeadm's configuration has another one. */
export async function serverFor({ cluster }: Pick<NodeParams, 'cluster'>): Promise<string> {
  const changes = await readOverride('kubeadm', cluster.overrides.kubeadm)
  const endpoints = changes.map(({ controlPlaneEndpoint }) => controlPlaneEndpoint)
  const endpoint = endpoints.findLast((each) => typeof each === 'string') ?? cluster.endpoint
  return `https://${endpoint}`
}
