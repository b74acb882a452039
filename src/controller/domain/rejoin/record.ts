/**
 * What a master has to join that was away while etcd was recovered: it still has the former data. With other masters that were away
 * it could be a quorum of the former etcd.
 */
export interface Rejoin {
  /** The id of the recovery, which is that of the restored etcd. */
  recovery: string
  /** The master whose data the cluster has now. */
  survivor: string
  since: string
}
