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
  title: 'Access to the kernel',
  hard: true,
  why: 'A kubelet reads /dev/kmsg, sets kernel parameters, and watches files; without one of these it ends at its start, again and again. System containers (LXC) and Docker containers often lack them.',
  remedy: 'Raise the limit that the check names, or give the container access to what it lacks.',
  thresholds: [
    {
      of: "root's inotify instances that are left",
      warn: `fewer than ${INSTANCES}`,
      fail: `fewer than ${INSTANCES / 2}`,
    },
    { of: 'open files that are left', warn: `fewer than ${OPEN_FILES}`, fail: `fewer than ${OPEN_FILES / 10}` },
    { of: 'tasks that are left', fail: `fewer than ${TASKS}` },
  ],
  timeoutMs: 15_000,
  async look(host: HostView): Promise<Verdict> {
    const findings = await Promise.all(NEEDS.map((need) => need(host)))
    return verdictOf(
      findings.filter((finding) => finding !== undefined),
      'kernel messages, parameters, and files to watch',
    )
  },
}
