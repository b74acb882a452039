import type { Step } from '../../engine/step.ts'
import type { HostView } from '../../host/host.ts'
import { bringUpUnit } from '../../host/units/bring-up-unit.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import { type AgentConfig, configText } from '../config.ts'
import { renderUnit } from '../service/unit.ts'
import type { InstallParams } from './params.ts'
import { sameLogins, writeLogins } from './registry-logins.ts'

const textOf = ({ config }: InstallParams) => configText(config)

export const configureAgent: Step<InstallParams> = {
  id: 'install/configure',
  title: 'Configuring node agent',
  async isDone(host, params) {
    const { paths } = params
    if (!(await sameConfig(host, params)) || !(await sameLogins(host, params))) return false
    if ((await host.read(paths.unitFile)) !== renderUnit(paths)) return false
    return (await host.stat(paths.logDirectory))?.mode === 0o700
  },
  async apply(host, params, { signal }) {
    const { paths } = params
    // After a power cut the service may be running with the previous configuration.
    const isRunning = await isUnitActive(host, paths.unit)
    await host.makeDirectory(paths.logDirectory, 0o700)
    await host.write(paths.configFile, textOf(params), 0o600)
    await writeLogins(host, params)
    await host.write(paths.unitFile, renderUnit(paths))
    await host.daemonReload()
    if (isRunning) await bringUpUnit(host, paths.unit, { restart: true, signal })
  },
}

/**
 * Compares precheck warnings by id, verdict and whether they were ignored: their texts differ from run to run, which is
 * no reason to rewrite the file.
 */
async function sameConfig(host: HostView, params: InstallParams): Promise<boolean> {
  const found = await host.read(params.paths.configFile)
  if (found === undefined) return false
  try {
    return essenceOf(found) === essenceOf(textOf(params))
  } catch {
    // A damaged file is rewritten.
    return false
  }
}

function essenceOf(text: string): string {
  const config = JSON.parse(text) as AgentConfig
  const warnings = (config.warnings ?? []).map(({ id, verdict, ignored }) => ({ id, verdict, ignored }))
  return JSON.stringify({ ...config, warnings })
}
