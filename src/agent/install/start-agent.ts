import type { Step } from '../../engine/step.ts'
import { bringUpUnit } from '../../host/units/bring-up-unit.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import type { InstallParams } from './params.ts'

export const startAgent: Step<InstallParams> = {
  id: 'install/start',
  title: 'Starting node agent',
  async isDone(host, { paths }) {
    const enabled = await host.ask(['systemctl', 'is-enabled', paths.unit])
    return enabled.stdout.trim() === 'enabled' && (await isUnitActive(host, paths.unit))
  },
  async apply(host, { paths }, { signal }) {
    await host.setUnit(paths.unit, { enabled: true })
    await bringUpUnit(host, paths.unit, { signal })
  },
}
