import { ClusterSettings } from './cluster-settings.ts'

/** What a cluster has unless its administrator says otherwise. */
export const { podSubnet, serviceSubnet } = ClusterSettings.parse({})
