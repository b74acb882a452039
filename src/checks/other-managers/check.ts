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
  title: 'Others that change this machine',
  hard: false,
  why: 'A configuration manager (Salt, Puppet, Chef, ansible-pull) that owns files we write would write them back; automatic upgrades of packages restart the kubelet; systemd-networkd removes routing rules that it did not make; network managers that are told to manage every link manage those of pods. That one of them runs does not matter by itself.',
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
    const otherwise = managers.length === 0 ? 'none' : `${managers.join(', ')}, but no file that we write is theirs`
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
      wanted: 'one who writes each file',
      fix: advice(`take ${paths} out of what ${managers} manages on this machine`),
    },
  ]
}
