import type { Argv } from '../../../host/argv.ts'
import type { Machine } from '../../../host/machine.ts'
import type { CarryOut } from '../result.ts'

/**
 * Closes the ports and interfaces that were opened. If firewalld does not run, its runtime configuration is gone, and the
 * permanent one is changed with firewall-offline-cmd. Closing what is closed already is only a warning of firewall-cmd.
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
  if (permanent && (await isAsShipped(machine, zone)))
    await machine.execute([...program, `--load-zone-defaults=${zone}`])
  return undefined
}

/** On a change, firewalld writes the whole zone to /etc. That file is removed if it equals the shipped zone. */
async function isAsShipped(machine: Machine, zone: string): Promise<boolean> {
  const files = [`/etc/firewalld/zones/${zone}.xml`, `/usr/lib/firewalld/zones/${zone}.xml`]
  const [own, shipped] = await Promise.all(files.map((path) => machine.read(path)))
  return own !== undefined && shipped !== undefined && elementsOf(own) === elementsOf(shipped)
}

/** The elements, independent of order and white space. */
function elementsOf(xml: string): string {
  const elements = xml.match(/<[^?!][^>]*>/g) ?? []
  return elements
    .map((element) => element.replace(/\s*\/>$/, '/>'))
    .sort()
    .join('')
}
