import { ClusterSettings } from '../api/administrators.ts'

/** What a cluster has unless its administrator says otherwise. */
export const { podSubnet, serviceSubnet } = ClusterSettings.parse({})
