import type { Step, Workflow } from '../../engine/step.ts'
import type { Host } from '../../host/host.ts'
import { isUnitEnabled } from '../../host/units/is-unit-enabled.ts'
import { installAgent } from '../install/install-agent.ts'
import type { InstallParams } from '../install/params.ts'
import { BAKE_STEPS } from '../scope.ts'
import { firstBootPath, firstBootService, hostKeysService } from './units.ts'

export type BakeParams = Pick<InstallParams, 'paths' | 'executable'>

const SSH_KEYGEN = '/usr/bin/ssh-keygen'
const SSH_DIRECTORY = '/etc/ssh'

const bakeAgent: Step<BakeParams> = {
  id: `${BAKE_STEPS}agent`,
  title: 'Installing node agent',
  isDone: (host, params) => installAgent.isDone(host, params as InstallParams),
  apply: (host, { executable, paths }) => host.install(executable, paths.executable, 0o755),
}

const bakeHostKeys: Step<BakeParams> = {
  id: `${BAKE_STEPS}host-keys`,
  title: 'Preparing SSH host keys of each machine',
  async isDone(host, { paths }) {
    const has = await Promise.all([SSH_KEYGEN, SSH_DIRECTORY].map((path) => host.stat(path)))
    if (has.some((each) => each === undefined)) return true
    return (await host.read(paths.hostKeysUnitFile)) === hostKeysService() && isUnitEnabled(host, paths.hostKeysUnit)
  },
  async apply(host, { paths }) {
    await host.write(paths.hostKeysUnitFile, hostKeysService())
    await enable(host, paths.hostKeysUnit)
  },
}

const bakeFirstBoot: Step<BakeParams> = {
  id: `${BAKE_STEPS}first-boot`,
  title: 'Preparing the first boot',
  async isDone(host, { paths }) {
    const found = await Promise.all([paths.firstBootUnitFile, paths.firstBootPathFile].map((path) => host.read(path)))
    const isWritten = found[0] === firstBootService(paths) && found[1] === firstBootPath(paths)
    return isWritten && (await isUnitEnabled(host, paths.firstBootPath))
  },
  async apply(host, { paths }) {
    await host.makeDirectory(paths.dayZeroDirectory, 0o700)
    await host.write(paths.firstBootUnitFile, firstBootService(paths))
    await host.write(paths.firstBootPathFile, firstBootPath(paths))
    await enable(host, paths.firstBootPath)
  },
}

/** Not started: this machine is a template. On the machines of its image it runs. */
async function enable(host: Host, unit: string): Promise<void> {
  await host.daemonReload()
  await host.expect({ kind: 'unit', unit, before: { active: false } })
  await host.setUnit(unit, { enabled: true })
}

/** What is the same on all machines that are made from an image. */
export const bake: Workflow<BakeParams> = {
  id: 'bake',
  components: [{ id: 'bake', after: [], steps: () => [bakeAgent, bakeHostKeys, bakeFirstBoot] }],
}
