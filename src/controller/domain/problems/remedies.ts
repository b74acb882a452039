import { command } from '../../../base/command.ts'
import { ETCD_UNIT } from '../../../base/kubernetes-paths.ts'
import type { RenderedRemedy } from '../../../base/remedy.ts'
import { fixOf, remedy } from '../../../protocol/api/remedy.ts'
import type { Cluster, KnownProblem } from '../records.ts'
import { isAlarm } from './alarms.ts'
import { FAILED_UPGRADE } from './failed-upgrade.ts'
import { SLOW_REPAIR } from './problems.ts'

/** What a person can do about a problem. */
export function remedyOf(
  { name, upgrade }: Pick<Cluster, 'name' | 'upgrade'>,
  { code, node }: Pick<KnownProblem, 'code' | 'node'>,
): RenderedRemedy {
  const ofNode = node === null ? {} : { node }
  const on = node === null ? {} : { on: node }
  const repair = remedy`to repair: ${{ do: 'cluster.provision', cluster: name }}`
  const restart = { do: 'shell', command: 'systemctl restart cantrip-agent', ...on } as const
  const status = { do: 'shell', command: command`systemctl status ${ETCD_UNIT}`, ...on } as const
  if (code === FAILED_UPGRADE && upgrade?.error) return remedy`${fixOf(upgrade.error)}`
  if (code === SLOW_REPAIR)
    return remedy`to see its progress: ${{ do: 'node.logs', ...ofNode }}; to restart it, on the node: ${restart}`
  if (isAlarm(code)) return remedy`to see what to do: ${{ do: 'node.show', ...ofNode }}`
  if (code === 'etcd/no-quorum' || code === 'etcd/no-answer')
    return remedy`on ${node ?? 'each master'}, see why: ${status}; ${repair}; if its masters do not come back, to recover with one of them: ${{ do: 'cluster.recover', cluster: name }}`
  if (code === 'etcd/member-unhealthy' && node !== null)
    return remedy`on ${node}, see why: ${status}; ${repair}; if the machine is lost: ${{ do: 'node.remove', node, force: true }}`
  return repair
}
