import { existsSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { isIPv4 } from 'node:net'
import { dirname, join } from 'node:path'
import { waitFor } from '../wait-for.ts'
import { type Bed, defaultBed, GATEWAY } from './bed.ts'
import { makeDisk, mountDisk, removeDisk } from './disk.ts'
import { recordKernelSettings, restoreKernelSettings } from './kernel-settings.ts'
import { withLock } from './lock.ts'
import { exec, execOk, leaderOf, type Node, path, powerOff, powerOn, readOnlyUsrMark } from './machine.ts'
import { networkDown, networkIsIdle, networkUp, setNames } from './network.ts'
import { requirements } from './requirements.ts'
import { baseRootfs } from './rootfs.ts'

export interface UpOptions {
  name: string
  /** An address in 10.90.0.0/24. Default: the lowest free one from 10.90.0.11. */
  address?: string
  bed?: Bed
  /** An abort removes what was created so far. */
  signal?: AbortSignal
}

/** Creates a node and boots it. Removes the node on failure. */
export async function up({ name, address, bed = defaultBed(), signal }: UpOptions): Promise<Node> {
  requirements()
  if (!/^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$/.test(name))
    throw new Error(`node name '${name}': needs a short DNS label`)
  const base = await baseRootfs(signal)
  const node = await locked(bed, signal, async () => {
    try {
      await networkUp(bed, signal)
      await recordKernelSettings(bed)
      return await reserve(bed, name, address)
    } catch (error) {
      await removeIdleBed(bed)
      throw error
    }
  })
  try {
    await makeDisk(node, base)
    await powerOn(node, signal)
    await waitFor(`address of ${name}`, () => hasAddress(node), { withinMs: 10_000, signal })
    return node
  } catch (error) {
    await down(node)
    throw error
  }
}

/** Cuts the power: kills every process of the node at once. The disk is kept, and boot powers the node on again. */
export async function kill(node: Node): Promise<void> {
  await powerOff(node)
}

/** Powers a node on again, with its disk. */
export async function boot(node: Node, signal?: AbortSignal): Promise<void> {
  if (await leaderOf(node)) throw new Error(`node ${node.name} is already running`)
  await powerOff(node) // cleans up after an interrupted boot
  await locked(node.bed, signal, () => networkUp(node.bed, signal))
  await mountDisk(node, await readFile(join(node.directory, 'base'), 'utf8'))
  await powerOn(node, signal)
  await waitFor(`address of ${node.name}`, () => hasAddress(node), { withinMs: 10_000, signal })
}

/** From now on the node cannot change its /usr. It is off in between. */
export async function makeUsrReadOnly(node: Node): Promise<void> {
  await execOk(node, ['sync'])
  await writeFile(readOnlyUsrMark(node), '')
  await kill(node)
  await boot(node)
}

/** Removes the node with its disk, and with the last node the bridge, unless something else uses it. */
export async function down(node: Node): Promise<void> {
  await powerOff(node)
  await locked(node.bed, undefined, async () => {
    await removeDisk(node)
    await setNames(node.bed, await list(node.bed))
    await removeIdleBed(node.bed)
  })
}

/** Removes everything of the bed, including processes in its network. */
export async function downAll(bed: Bed = defaultBed()): Promise<void> {
  for (const node of await list(bed)) {
    await powerOff(node)
    await removeDisk(node)
  }
  await removeBed(bed)
}

export async function list(bed: Bed = defaultBed()): Promise<Node[]> {
  const directory = join(bed.directory, 'nodes')
  if (!existsSync(directory)) return []
  const names = (await readdir(directory)).sort()
  return Promise.all(names.map((name) => find(name, bed)))
}

/** The node of that name. */
export async function find(name: string, bed: Bed = defaultBed()): Promise<Node> {
  const directory = join(bed.directory, 'nodes', name)
  const file = join(directory, 'address')
  if (!existsSync(directory)) throw new Error(`no node '${name}' in the test bed; see: scripts/testbed list`)
  return { bed, name, directory, address: existsSync(file) ? await readFile(file, 'utf8') : '' }
}

export async function isRunning(node: Node): Promise<boolean> {
  return (await leaderOf(node)) !== undefined
}

/** Copies a file of the host into a running node, with its permissions and root as owner. Creates directories. */
export async function copyIn(node: Node, file: string, target: string): Promise<void> {
  const source = await open(file)
  try {
    const { mode } = await source.stat()
    const permissions = (mode & 0o7777).toString(8)
    await execOk(node, ['install', '-D', '-m', permissions, '/dev/stdin', target], { stdin: source.fd })
  } finally {
    await source.close()
  }
}

/** Writes a text file to a node's disk, readable for all users. Creates directories. Not for /run, which is not on the disk. */
export async function putFile(node: Node, target: string, text: string, mode = 0o644): Promise<void> {
  const file = join(path(node), target)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text, { mode })
}

const locked = <T>(bed: Bed, signal: AbortSignal | undefined, work: () => Promise<T>) =>
  mkdir(join(bed.directory, '..'), { recursive: true }).then(() => withLock(`${bed.directory}.lock`, signal, work))

async function reserve(bed: Bed, name: string, wanted: string | undefined): Promise<Node> {
  const others = await list(bed)
  if (others.some((node) => node.name === name)) throw new Error(`node ${name} already exists`)
  const taken = new Set(others.map((node) => node.address))
  const network = GATEWAY.slice(0, GATEWAY.lastIndexOf('.') + 1)
  const free = () => Array.from({ length: 240 }, (_, index) => `${network}${11 + index}`).find((a) => !taken.has(a))
  const address = wanted ?? free() ?? ''
  if (!isIPv4(address) || !address.startsWith(network) || address === GATEWAY || taken.has(address)) {
    throw new Error(`address '${address}' for ${name}: needs a free one in ${network}0/24`)
  }
  const directory = join(bed.directory, 'nodes', name)
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'address'), address)
  await setNames(bed, [...others, { name, address }])
  return { bed, name, address, directory }
}

async function hasAddress(node: Node): Promise<true | undefined> {
  const { stdout } = await exec(node, ['ip', '-4', '-o', 'address', 'show', 'dev', 'host0', 'scope', 'global'])
  return stdout.includes(` ${node.address}/`) ? true : undefined
}

async function removeIdleBed(bed: Bed): Promise<void> {
  if ((await list(bed)).length === 0 && (await networkIsIdle(bed))) await removeBed(bed)
}

async function removeBed(bed: Bed): Promise<void> {
  await networkDown(bed)
  await restoreKernelSettings(bed)
  await rm(bed.directory, { recursive: true, force: true })
  await rm(`${bed.directory}.lock`, { force: true })
  const parent = join(bed.directory, '..')
  if (existsSync(parent) && (await readdir(parent)).length === 0) await rmdir(parent)
}
