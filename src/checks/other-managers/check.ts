import { advice } from '../../base/command.ts'
import type { Check, Verdict } from '../../engine/checks/check.ts'
import { type Finding, verdictOf } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'
import { managersAtWork } from './managers.ts'
import { judgeNetworkFiles } from './network-files.ts'
import { judgeNetworkManagers } from './network-managers.ts'
import { judgeNetworkd } from './networkd.ts'
import { type OwnedFile, ownedFiles } from './owned-files.ts'
import { judgeUpdates } from './updates.ts'

export const check: Check = {
  id: 'other-managers',
  title: 'Other managers of this machine',
  hard: false,
  why: 'A configuration manager (Salt, Puppet, Chef, ansible-pull) that manages the same files overwrites them; automatic package upgrades restart the kubelet; systemd-networkd removes foreign routing rules; network managers that manage every link also manage those of pods. A manager without such a conflict is no problem.',
  remedy: 'Exclude the file, the interface or the package from the other manager, as the check says.',
  timeoutMs: 15_000,
  async look(host: HostView): Promise<Verdict> {
    const [managers, owned, ...findings] = await Promise.all([
      managersAtWork(host),
      ownedFiles(host),
      judgeUpdates(host),
      judgeNetworkd(host),
      judgeNetworkFiles(host),
      judgeNetworkManagers(host),
    ])
    const otherwise = managers.length === 0 ? 'none' : `${managers.join(', ')}; none of them manages a file of Cantrip`
    return verdictOf([...judgeOwned(owned), ...findings.flat()], otherwise)
  },
}

function judgeOwned(owned: readonly OwnedFile[]): Finding[] {
  if (owned.length === 0) return []
  const managers = [...new Set(owned.map(({ manager }) => manager))].join(', ')
  const paths = owned.map(({ path }) => path).join(', ')
  return [
    {
      kind: 'warn',
      found: `${paths} ${owned.length === 1 ? 'belongs' : 'belong'} to ${managers}`,
      wanted: 'one manager for each file',
      fix: advice(`exclude ${paths} from what ${managers} manages on this machine`),
    },
  ]
}
