import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { waitFor } from '../wait-for.ts'
import { type Bed, BRIDGE, CONTROLLER_NAME, GATEWAY, inNetwork, namespacePath, PREFIX_LENGTH } from './bed.ts'
import { mountsBelow } from './mounts.ts'
import { identify, isAlive, killAll, type ProcessId, processesIn } from './processes.ts'
import { must } from './run.ts'
import { chronyd, timeServer } from './time-server.ts'

const hostsFile = (bed: Bed) => join(bed.directory, 'hosts')

/** Creates the network namespace, bridge, DNS server and time server of the bed, unless they exist. */
export async function networkUp(bed: Bed, signal?: AbortSignal): Promise<void> {
  await mkdir(bed.directory, { recursive: true })
  if (!existsSync(namespacePath(bed))) await must(['ip', 'netns', 'add', bed.prefix])
  const ip = (...argv: string[]) => must(['ip', '-n', bed.prefix, ...argv])
  if (!(await ip('-o', 'link')).includes(`: ${BRIDGE}:`)) {
    await ip('link', 'set', 'lo', 'up')
    await ip('link', 'add', BRIDGE, 'type', 'bridge')
    await ip('address', 'add', `${GATEWAY}/${PREFIX_LENGTH}`, 'dev', BRIDGE)
    await ip('link', 'set', BRIDGE, 'up')
    // Destinations outside the bed are refused at once instead of timing out.
    await ip('route', 'add', 'unreachable', 'default')
    await must(inNetwork(bed, ['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1']))
  }
  if (!existsSync(hostsFile(bed))) await setNames(bed, [])
  const dns = [process.execPath, fileURLToPath(new URL('dns-server.ts', import.meta.url)), hostsFile(bed), GATEWAY]
  await keepServer(bed, 'dns', 53, dns, signal)
  await keepServer(bed, 'ntp', 123, await timeServer(await chronyd(signal), bed.directory), signal)
}

/** Sets the names that the DNS server of the bed resolves, in addition to the controller's. */
export async function setNames(bed: Bed, nodes: readonly { name: string; address: string }[]): Promise<void> {
  const lines = [
    `${GATEWAY} ${CONTROLLER_NAME}`,
    ...nodes.map((node) => `${node.address} ${node.name} ${node.name}.test`),
  ]
  await writeFile(hostsFile(bed), `${lines.join('\n')}\n`)
}

/** Kills all processes in the namespace, including a forgotten controller of a test, and removes the namespace. */
export async function networkDown(bed: Bed): Promise<void> {
  const path = namespacePath(bed)
  if (!existsSync(path)) return
  const processes = await processesOf(bed)
  await killAll(processes, `network namespace ${bed.prefix}`)
  await must(['ip', 'netns', 'delete', bed.prefix])
}

/** Whether only the servers of the bed run in its network. */
export async function networkIsIdle(bed: Bed): Promise<boolean> {
  const servers = new Set<number>()
  for (const name of ['dns', 'ntp']) {
    const server = await knownServer(bed, name)
    if (server) servers.add(server.pid)
  }
  return (await processesOf(bed))().every((pid) => servers.has(pid))
}

async function processesOf(bed: Bed): Promise<() => number[]> {
  const path = namespacePath(bed)
  // An interrupted `ip netns add` leaves a file that is not a mount.
  if (!existsSync(path) || mountsBelow(path).length === 0) return () => []
  const link = (await must(inNetwork(bed, ['readlink', '/proc/self/ns/net']))).trim()
  return () => processesIn('net', link)
}

const serverFile = (bed: Bed, name: string) => join(bed.directory, `${name}.json`)

/** Undefined if it is not running. */
async function knownServer(bed: Bed, name: string): Promise<ProcessId | undefined> {
  const file = serverFile(bed, name)
  if (!existsSync(file)) return undefined
  const id = JSON.parse(await readFile(file, 'utf8')) as ProcessId
  return isAlive(id) ? id : undefined
}

/** Starts a server in the network of the bed unless it is running, and waits until its UDP port is open. */
async function keepServer(bed: Bed, name: string, port: number, argv: string[], signal?: AbortSignal): Promise<void> {
  if (await knownServer(bed, name)) return
  const log = openSync(join(bed.directory, `${name}.log`), 'w')
  const [command = '', ...args] = inNetwork(bed, argv)
  const child = spawn(command, args, { detached: true, stdio: ['ignore', log, log], cwd: '/' })
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  child.unref()
  closeSync(log)
  const id = identify(child.pid ?? 0)
  await writeFile(serverFile(bed, name), JSON.stringify(id))
  const open = async () => {
    if (!id || !isAlive(id))
      throw new Error(`${name} server ended: ${await readFile(join(bed.directory, `${name}.log`), 'utf8')}`)
    const sockets = await must(inNetwork(bed, ['ss', '-Hlun', `sport = :${port}`]))
    return sockets.includes(`${GATEWAY}:${port}`) ? true : undefined
  }
  try {
    await waitFor(`${name} server on ${GATEWAY}:${port}`, open, { withinMs: 10_000, signal })
  } catch (error) {
    if (id) await killAll(() => (isAlive(id) ? [id.pid] : []), `${name} server`)
    throw error
  }
}
