import { dirname } from 'node:path/posix'
import type { Step, Workflow } from '../../engine/step.ts'
import type { Host, HostView } from '../../host/host.ts'
import { BAKE_STEPS } from '../../ledger/baked.ts'
import { installAgent } from '../install/install-agent.ts'
import type { InstallParams } from '../install/params.ts'
import { firstBootPath, firstBootService, hostKeysService } from './units.ts'

export type BakeParams = Pick<InstallParams, 'paths' | 'executable'>

const SSH_KEYGEN = '/usr/bin/ssh-keygen'
const SSH_DIRECTORY = '/etc/ssh'

const bakeAgent: Step<BakeParams> = {
  id: `${BAKE_STEPS}agent`,
  title: 'Installing node agent',
  isDone: (host, params) => installAgent.isDone(host, params),
  apply: (host, { executable, paths }) => host.install(executable, paths.executable, 0o755),
}

const bakeHostKeys: Step<BakeParams> = {
  id: `${BAKE_STEPS}host-keys`,
  title: 'Preparing SSH host keys of each machine',
  async isDone(host, { paths }) {
    const has = await Promise.all([SSH_KEYGEN, SSH_DIRECTORY].map((path) => host.stat(path)))
    if (has.some((each) => each === undefined)) return true
    const { hostKeysUnit: unit, hostKeysUnitFile: file } = paths
    return (await host.read(file)) === hostKeysService() && isEnabled(host, unit, file)
  },
  async apply(host, { paths }) {
    await host.write(paths.hostKeysUnitFile, hostKeysService())
    await enable(host, paths.hostKeysUnit, paths.hostKeysUnitFile)
  },
}

const bakeFirstBoot: Step<BakeParams> = {
  id: `${BAKE_STEPS}first-boot`,
  title: 'Preparing the first boot',
  async isDone(host, { paths }) {
    const found = await Promise.all([paths.firstBootUnitFile, paths.firstBootPathFile].map((path) => host.read(path)))
    const isWritten = found[0] === firstBootService(paths) && found[1] === firstBootPath(paths)
    return isWritten && (await isEnabled(host, paths.firstBootPath, paths.firstBootPathFile))
  },
  async apply(host, { paths }) {
    await host.makeDirectory(paths.dayZeroDirectory, 0o700)
    await host.write(paths.firstBootUnitFile, firstBootService(paths))
    await host.write(paths.firstBootPathFile, firstBootPath(paths))
    await enable(host, paths.firstBootPath, paths.firstBootPathFile)
  },
}

/** Not started: this machine is a template, and systemd may not run in it. On the machines of its image the unit runs. */
async function enable(host: Host, unit: string, file: string): Promise<void> {
  await host.expect({ kind: 'unit', unit, before: { active: false } })
  await host.link(file, wantedBy(unit, file))
}

const isEnabled = async (host: HostView, unit: string, file: string) =>
  (await host.readLink(wantedBy(unit, file))) === file

/** The link of `WantedBy=multi-user.target`, with which the next boot starts the unit. */
const wantedBy = (unit: string, file: string) => `${dirname(file)}/multi-user.target.wants/${unit}`

/** What is the same on all machines that are made from an image. */
export const bake: Workflow<BakeParams> = {
  id: 'bake',
  components: [{ id: 'bake', after: [], steps: () => [bakeAgent, bakeHostKeys, bakeFirstBoot] }],
}
