import type { Check, Verdict } from '../../engine/checks/check.ts'
import { verdictOf } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'
import { INSTANCES, inotifyInstances } from './inotify-instances.ts'
import { kernelMessages } from './kernel-messages.ts'
import { OPEN_FILES, openFiles } from './open-files.ts'
import { readOnlyParameters } from './read-only-parameters.ts'
import { sharedRoot } from './shared-root.ts'
import { TASKS, tasks } from './tasks.ts'

const NEEDS = [kernelMessages, readOnlyParameters, sharedRoot, inotifyInstances, openFiles, tasks]

export const check: Check = {
  id: 'kernel-access',
  title: 'Kernel access',
  hard: true,
  why: 'The kubelet reads /dev/kmsg, sets kernel parameters and watches files; without one of these it exits at each start. LXC and Docker containers often lack them.',
  remedy: 'Raise the limit that the check names, or give the container the missing access.',
  thresholds: [
    {
      of: 'free inotify instances of root',
      warn: `fewer than ${INSTANCES}`,
      fail: `fewer than ${INSTANCES / 2}`,
    },
    { of: 'free open files', warn: `fewer than ${OPEN_FILES}`, fail: `fewer than ${OPEN_FILES / 10}` },
    { of: 'free tasks', fail: `fewer than ${TASKS}` },
  ],
  timeoutMs: 15_000,
  async look(host: HostView): Promise<Verdict> {
    const findings = await Promise.all(NEEDS.map((need) => need(host)))
    return verdictOf(
      findings.filter((finding) => finding !== undefined),
      'kernel messages, parameters and file watches are available',
    )
  },
}
