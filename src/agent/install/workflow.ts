import type { Step, Workflow } from '../../engine/step.ts'
import { configureAgent } from './configure-agent.ts'
import { installAgent } from './install-agent.ts'
import { installCredentials } from './install-credentials.ts'
import type { InstallParams } from './params.ts'
import { setHostname } from './set-hostname.ts'
import { startAgent } from './start-agent.ts'

/** Prefix of the step ids under which the ledger records the changes of the installation. */
export const INSTALL_STEPS = 'install/'

/** The steps of `agent install`, in the order of its output. */
export const install: Workflow<InstallParams> = {
  id: 'install',
  components: [
    {
      id: 'install',
      after: [],
      steps: ({ hostname }): Step<InstallParams>[] => [
        installAgent,
        ...(hostname === undefined ? [] : [setHostname(hostname)]),
        installCredentials,
        configureAgent,
        startAgent,
      ],
    },
  ],
}
