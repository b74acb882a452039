import type { Argv } from '../../host/argv.ts'
import type { CarryOut } from './result.ts'

/**
 * Closes what was opened. What holds until the next reload went with the daemon where that does not run any more; what it
 * keeps is then changed without it. What somebody has closed since is only a warning of firewall-cmd.
 */
export const firewalld: CarryOut<'firewalld'> = async ({ zone, ports, interfaces, permanent }, machine) => {
  if ((await machine.stat('/usr/bin/firewall-cmd')) === undefined) return undefined
  const isRunning = (await machine.unitState('firewalld.service')).active === true
  if (!isRunning && !permanent) return undefined
  const program: Argv = isRunning ? ['firewall-cmd', ...(permanent ? ['--permanent'] : [])] : ['firewall-offline-cmd']
  const what = [
    ...ports.map((port) => `--remove-port=${port}`),
    ...interfaces.map((name) => `--remove-interface=${name}`),
  ]
  await machine.execute([...program, `--zone=${zone}`, ...what])
  return undefined
}
