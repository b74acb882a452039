import type { Check, CheckParams, Verdict } from '../../engine/checks/check.ts'
import { verdictOf } from '../../engine/checks/findings.ts'
import { hasOwnKubernetes } from '../../engine/checks/own-kubernetes.ts'
import type { HostView } from '../../host/host.ts'
import { networkFileFindings } from './network-files.ts'
import { unitFileFindings } from './unit-files.ts'
import { unreadFileFindings } from './unread-files.ts'

export const check: Check = {
  id: 'foreign-configuration',
  title: 'Configuration of other programs',
  hard: true,
  why: 'The systemd manager merges all drop-ins into the units of Kubernetes, and containerd uses the first network configuration that it finds. The check reports drop-ins that replace or confine a program, and configurations of another pod network. Limits, priorities and proxy variables are no problem.',
  remedy: 'Move the file away, or override the directive with a drop-in, as the check says.',
  timeoutMs: 15_000,
  async look(host: HostView, { ownStateDirectory }: CheckParams): Promise<Verdict> {
    const isInstalled = await hasOwnKubernetes(host, ownStateDirectory)
    const findings = await Promise.all([
      unitFileFindings(host),
      networkFileFindings(host, isInstalled),
      unreadFileFindings(host),
    ])
    return verdictOf(findings.flat(), 'no conflicting configuration')
  },
}
