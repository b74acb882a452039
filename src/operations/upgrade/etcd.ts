import { remarked } from '../../base/command.ts'
import { compareVersions } from '../../host/parse/os-release.ts'
import type { EtcdHealth, UpgradeFinding } from '../../protocol/wire/operation.ts'
import { blocks } from './finding.ts'

/** MinExternalEtcdVersion of kubeadm 1.35 to 1.37. */
const MIN_ETCD = '3.5.24'

/** While one member is upgraded, the others have to keep the quorum, so all have to be healthy before. */
export function etcdFindings(members: readonly EtcdHealth[]): UpgradeFinding[] {
  return members.flatMap(({ name, isHealthy, isLearner, version = MIN_ETCD }) => {
    const fix = remarked('systemctl status etcd', `on ${name}`)
    if (!isHealthy)
      return [blocks('upgrade/etcd-unhealthy', `etcd on ${name} is not healthy; wanted all members healthy`, fix)]
    if (isLearner)
      return [
        blocks('upgrade/etcd-learner', `etcd on ${name} is still a learner; wanted only members with a vote`, fix),
      ]
    if (compareVersions(version, MIN_ETCD) >= 0) return []
    const message = `etcd on ${name} is ${version}; wanted ${MIN_ETCD} or later`
    return [blocks('upgrade/etcd-too-old', message, `first upgrade etcd to ${MIN_ETCD} or later`)]
  })
}
