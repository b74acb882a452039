import type { Step, Workflow } from '../../../engine/step.ts'
import { isOwnFile } from '../../../host/files/own-file.ts'
import { startUnit, unitIsCurrent } from '../../../provision/steps/units.ts'
import { INSTALLATION } from './installation.ts'
import { type ServiceSettings, stateDirectoryOf } from './settings.ts'
import { renderControllerUnit } from './unit.ts'

export interface ServiceParams {
  /** The executable that installs itself; a symbolic link is followed. */
  executable: string
  settings: ServiceSettings
}

const { executable: EXECUTABLE, configFile, unit, unitFile } = INSTALLATION
const MODE = 0o755
/** The process has to be started after each of them was changed. */
const FILES = [EXECUTABLE, unitFile]

const textOf = ({ settings }: ServiceParams) => `${JSON.stringify(settings, null, 2)}\n`

const installController: Step<ServiceParams> = {
  id: 'install/controller',
  title: 'Installing controller',
  async isDone(host, { executable }) {
    if (!isOwnFile(await host.stat(EXECUTABLE), MODE, host)) return false
    return (await host.sha256(executable)) === (await host.sha256(EXECUTABLE))
  },
  apply: (host, { executable }) => host.install(executable, EXECUTABLE, MODE),
}

const configureController: Step<ServiceParams> = {
  id: 'install/configure',
  title: 'Configuring controller',
  async isDone(host, params) {
    if ((await host.read(configFile)) !== textOf(params)) return false
    return (await host.read(unitFile)) === renderControllerUnit(params.settings)
  },
  async apply(host, params) {
    await host.write(configFile, textOf(params))
    await host.write(unitFile, renderControllerUnit(params.settings))
    await host.daemonReload()
  },
}

const startController: Step<ServiceParams> = {
  id: 'install/start',
  title: 'Starting controller',
  isDone: (host) => unitIsCurrent(host, unit, FILES),
  async apply(host, { settings }, { signal }) {
    const name = stateDirectoryOf(settings)
    // The link that systemd creates at the start. The data to which it leads is not undone: an uninstallation must not lose it.
    await host.expect({ kind: 'remove-path', path: `/var/lib/${name}` })
    await startUnit(host, unit, FILES, { signal })
  },
}

export const installService: Workflow<ServiceParams> = {
  id: 'install',
  components: [{ id: 'install', after: [], steps: () => [installController, configureController, startController] }],
}
