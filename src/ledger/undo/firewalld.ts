import type { CarryOut } from './result.ts'

/**
 * Closes what was opened until the next reload; it went with the daemon where that does not run any more. What somebody
 * has closed since is only a warning of firewall-cmd.
 */
export const firewalld: CarryOut<'firewalld'> = async ({ zone, ports, interfaces }, machine) => {
  if ((await machine.unitState('firewalld.service')).active !== true) return undefined
  const what = [
    ...ports.map((port) => `--remove-port=${port}`),
    ...interfaces.map((name) => `--remove-interface=${name}`),
  ]
  await machine.execute(['firewall-cmd', `--zone=${zone}`, ...what])
  return undefined
}
