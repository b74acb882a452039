import type { Step } from '../../engine/step.ts'
import type { InstallParams } from './params.ts'

export const setHostname = (hostname: string): Step<InstallParams> => ({
  id: 'install/hostname',
  title: `Setting hostname to ${hostname}`,
  isDone: async (host) => host.hostname() === hostname && (await host.read('/etc/hostname'))?.trim() === hostname,
  apply: (host) => host.setHostname(hostname),
})
