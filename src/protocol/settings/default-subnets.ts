import { ClusterSettings } from './cluster-settings.ts'

/** The default subnets of a cluster. */
export const { podSubnet, serviceSubnet } = ClusterSettings.parse({})
