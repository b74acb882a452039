import type { Check, CheckParams, Verdict } from '../../engine/checks/check.ts'
import { verdictOf } from '../../engine/checks/findings.ts'
import { ownKubernetes } from '../../engine/checks/own-kubernetes.ts'
import type { HostView } from '../../host/host.ts'
import { networkFileFindings } from './network-files.ts'
import { unitFileFindings } from './unit-files.ts'
import { unreadFileFindings } from './unread-files.ts'

export const check: Check = {
  id: 'foreign-configuration',
  title: 'Configuration of others',
  hard: true,
  why: 'Drop-ins of anybody are merged by systemd into the units that Kubernetes is run by, and containerd takes the first network configuration that it finds. What replaces a program, confines it, or gives pods another network is named; limits, priorities, and the variables of a proxy do no harm.',
  remedy: 'Move the file away, or override the directive with a drop-in, as the check says.',
  timeoutMs: 15_000,
  async look(host: HostView, { ownStateDirectory }: CheckParams): Promise<Verdict> {
    const isOurs = await ownKubernetes(host, ownStateDirectory)
    const findings = await Promise.all([
      unitFileFindings(host),
      networkFileFindings(host, isOurs),
      unreadFileFindings(host),
    ])
    return verdictOf(findings.flat(), 'none that matters')
  },
}
