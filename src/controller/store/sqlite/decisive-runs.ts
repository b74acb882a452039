const OF_CLUSTER = 'FROM runs JOIN nodes ON nodes.id = node_id WHERE cluster_id = :cluster'

/**
 * The ids of the runs that `load` returns, see ClusterData. Their ids come from the index runs_of_node alone: the rows hold payloads,
 * and a cluster that is repaired often has many runs.
 */
export const DECISIVE_RUNS = `
  SELECT id FROM runs WHERE id IN (
    SELECT runs.id ${OF_CLUSTER} AND runs.state = 'open'
    UNION SELECT value FROM json_each(:also)
    UNION SELECT id FROM (SELECT runs.id, max(runs.generation) ${OF_CLUSTER} GROUP BY node_id, repair)
    UNION SELECT id FROM (SELECT runs.id, max(runs.generation) ${OF_CLUSTER} AND NOT repair AND role <> 'reset' GROUP BY node_id)
  ) ORDER BY node_id, generation`
