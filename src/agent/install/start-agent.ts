import type { Step } from '../../engine/step.ts'
import { bringUpUnit } from '../../host/units/bring-up-unit.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import { isUnitEnabled } from '../../host/units/is-unit-enabled.ts'
import type { InstallParams } from './params.ts'

export const startAgent: Step<InstallParams> = {
  id: 'install/start',
  title: 'Starting node agent',
  async isDone(host, { paths }) {
    return (await isUnitEnabled(host, paths.unit)) && (await isUnitActive(host, paths.unit))
  },
  async apply(host, { paths }, { signal }) {
    await host.setUnit(paths.unit, { enabled: true })
    await bringUpUnit(host, paths.unit, { signal })
  },
}
