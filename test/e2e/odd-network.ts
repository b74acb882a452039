import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type Bed, BRIDGE, inNetwork, PREFIX_LENGTH } from '../support/testbed/bed.ts'
import { must } from '../support/testbed/run.ts'

/** On the bridge of the test bed, next to its own servers. */
export const ODD_ADDRESS = '10.90.0.2'

/** Starts odd-servers.ts in the network of the test bed. Returns a function that stops it. */
export async function startOddServers(bed: Bed): Promise<() => void> {
  await must(['ip', '-n', bed.prefix, 'address', 'add', `${ODD_ADDRESS}/${PREFIX_LENGTH}`, 'dev', BRIDGE])
  const script = join(import.meta.dirname, 'odd-servers.ts')
  const [command = '', ...args] = inNetwork(bed, [process.execPath, script, ODD_ADDRESS])
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error('the servers exited at their start'))),
  ])
  return () => void child.kill()
}
