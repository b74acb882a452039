import { AgentError } from '../../base/agent-error.ts'
import type { Step, Workflow } from '../../engine/step.ts'
import type { HostView } from '../../host/host.ts'
import { isMachineId } from '../../host/kernel/machine-ids.ts'
import { INSTALL_STEPS } from '../install/workflow.ts'
import type { AgentPaths } from '../paths.ts'

/** The files that cloud-init, or another program, gave to this machine for its registration. */
export interface DayZero {
  credsFile: string
  passphraseFile: string
}

const END = '.pem'

/** Throws `day-zero/credentials` unless the directory has one NAME.pem. */
export async function findDayZero(
  view: Pick<HostView, 'list'>,
  { dayZeroDirectory }: Pick<AgentPaths, 'dayZeroDirectory'>,
): Promise<DayZero> {
  const all = (await view.list(dayZeroDirectory)) ?? []
  const [name, ...others] = all.filter((each) => each.endsWith(END))
  if (name !== undefined && others.length === 0) {
    const credsFile = `${dayZeroDirectory}/${name}`
    return { credsFile, passphraseFile: `${credsFile.slice(0, -END.length)}-passphrase.txt` }
  }
  const found = name === undefined ? 'no NAME.pem' : [name, ...others].join(', ')
  throw new AgentError(
    'day-zero/credentials',
    `found ${found} in ${dayZeroDirectory}; wanted the credentials of one cluster`,
    {
      fix: `let cloud-init write NAME.pem and NAME-passphrase.txt of one cluster there, with mode 0600`,
      kind: 'invalid',
    },
  )
}

/** The hostname for a machine that nobody has named; undefined for one that has a name. */
export function nameForUnnamed(hostname: string, machineId: string): string | undefined {
  const isNamed = hostname !== '' && !/^localhost(\.|$)/.test(hostname)
  return isNamed || !isMachineId(machineId) ? undefined : `node-${machineId.slice(0, 12)}`
}

/** Removes the credentials: the agent has its own key now. */
export const eraseDayZero: Workflow<DayZero> = {
  id: 'first-boot',
  components: [{ id: 'first-boot', after: [], steps: () => [erase] }],
}

const erase: Step<DayZero> = {
  id: `${INSTALL_STEPS}erase-credentials`,
  title: 'Removing the credentials of the first boot',
  async isDone(host, files) {
    const found = await Promise.all(Object.values(files).map((path) => host.stat(path)))
    return found.every((each) => each === undefined)
  },
  async apply(host, { credsFile, passphraseFile }) {
    // The passphrase first: without it the other file is worthless.
    for (const path of [passphraseFile, credsFile]) await host.discard(path, 'the agent has registered with it')
  },
}
