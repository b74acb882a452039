import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import type { Site } from '../support/site/site.ts'
import { inNetwork } from '../support/testbed/bed.ts'

const FORWARD = join(import.meta.dirname, 'forward.ts')

/** A port of this machine's own network, at which browsers will reach the controller of the demo. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** Forwards the port to the controller until the network of the demo is removed, also after the end of this process. */
export async function forwardTo({ bed, directory, url }: Site, port: number): Promise<void> {
  const file = join(directory, 'browsers.sock')
  await start(inNetwork(bed, [process.execPath, FORWARD, 'inside', file, new URL(url).host]))
  await start([process.execPath, FORWARD, 'outside', String(port), file])
}

/** Resolves when it listens. */
export async function start([command = '', ...args]: readonly string[]): Promise<ReturnType<typeof spawn>> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  const ended = once(child, 'close').then(() => Promise.reject(new Error(`${command} ${args.join(' ')} has ended`)))
  await Promise.race([once(child.stdout, 'data'), ended])
  ended.catch(() => undefined)
  child.stdout.destroy()
  child.unref()
  return child
}
