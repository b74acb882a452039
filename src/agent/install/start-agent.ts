import type { Step } from '../../engine/step.ts'
import { isUnitActive } from '../../host/is-unit-active.ts'
import type { InstallParams } from './params.ts'

export const startAgent: Step<InstallParams> = {
  id: 'install/start',
  title: 'Starting node agent',
  async isDone(host, { paths }) {
    const enabled = await host.ask(['systemctl', 'is-enabled', paths.unit])
    return enabled.stdout.trim() === 'enabled' && (await isUnitActive(host, paths.unit))
  },
  apply: (host, { paths }) => host.setUnit(paths.unit, { enabled: true, active: true }),
}
