import type { Role, Step } from '../../engine/step.ts'
import { configureAgent } from './configure-agent.ts'
import { installAgent } from './install-agent.ts'
import { installCredentials } from './install-credentials.ts'
import type { InstallParams } from './params.ts'
import { setHostname } from './set-hostname.ts'
import { startAgent } from './start-agent.ts'

/** Every change of the installation stands in the ledger under a step of this name. */
export const INSTALL_STEPS = 'install/'

/** What `agent install` does, in the order in which it is printed and numbered. */
export const install: Role<InstallParams> = {
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
