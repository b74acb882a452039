import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Bed, BRIDGE, inNetwork } from '../testbed/bed.ts'
import { networkUp, setNames } from '../testbed/network.ts'
import { must, type Output } from '../testbed/run.ts'
import { type ControlSocket, controlSocket } from './control-socket.ts'
import { emulator } from './emulator.ts'
import { type GuestRunOptions, runInGuest } from './guest-agent.ts'
import { GUEST_ADDRESS, GUEST_NAME, type GuestImage, guestImage } from './image.ts'
import { carrier, disk, qemuCommand, socketOf, TAP } from './qemu-command.ts'
import { unlessAborted } from './unless-aborted.ts'

/** An emulated machine on the bridge of a test bed, one per bed. It ends with the process that started it and with the bed. */
export interface Guest {
  readonly bed: Bed
  readonly name: string
  readonly address: string
  /** Holds its disk, sockets and console log. */
  readonly directory: string
  readonly image: GuestImage
  process: ChildProcess | undefined
  agent: ControlSocket | undefined
}

/** A saved state: the backing file of the disk, and the memory. */
export interface Saved {
  readonly disk: string
  readonly memory: string
}

const BOOT_MS = 180_000
const CARRIER_SIZE = '8G'

/** Creates a guest that is powered off, with a new disk or the disk of `from`. */
export async function newGuest(bed: Bed, signal?: AbortSignal, from?: Saved): Promise<Guest> {
  signal?.throwIfAborted()
  const image = await guestImage(signal)
  const directory = join(bed.directory, GUEST_NAME)
  const guest: Guest = {
    ...{ bed, name: GUEST_NAME, address: GUEST_ADDRESS, directory, image },
    ...{ process: undefined, agent: undefined },
  }
  await networkUp(bed, signal)
  await setNames(bed, [guest])
  await mkdir(directory, { recursive: true })
  const { img } = await emulator(signal)
  const base = from ? ['-b', from.disk, '-F', 'qcow2'] : ['-b', image.disk, '-F', 'raw']
  await must([...img, 'create', '-q', '-f', 'qcow2', ...base, disk(guest)])
  await must(['truncate', '-s', CARRIER_SIZE, carrier(guest)])
  return guest
}

/** Powers the guest on and waits until it runs commands. With `memory` it continues from that saved state. */
export async function boot(guest: Guest, signal?: AbortSignal, memory?: string): Promise<void> {
  if (guest.process) throw new Error(`${guest.name} is already running`)
  const qemu = await qemuCommand(guest, memory, signal)
  await makeTap(guest.bed)
  const log = openSync(join(guest.directory, 'qemu.log'), 'w')
  const [program = '', ...args] = inNetwork(guest.bed, ['setpriv', '--pdeathsig', 'KILL', '--', ...qemu])
  const child = spawn(program, args, { stdio: ['ignore', log, log], cwd: '/' })
  closeSync(log)
  guest.process = child
  try {
    const ended = new Promise<never>((_, reject) => {
      child.once('error', reject)
      child.once('exit', () => {
        readFile(join(guest.directory, 'qemu.log'), 'utf8').then(
          (said) => reject(new Error(`qemu ended: ${said}`)),
          reject,
        )
      })
    })
    ended.catch(() => {})
    await unlessAborted(signal, Promise.race([ended, isReady(guest)]))
  } catch (error) {
    await powerCut(guest)
    throw error
  }
}

/** Kills the machine at once. Data that it had not written to its disk is lost; the disk is kept. */
export async function powerCut(guest: Guest): Promise<void> {
  guest.agent?.close()
  guest.agent = undefined
  const child = guest.process
  if (child && child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }
  guest.process = undefined
}

/** Runs a command in the guest as root. Resolves with any exit code. */
export async function exec(guest: Guest, argv: readonly string[], options: GuestRunOptions = {}): Promise<Output> {
  if (!guest.agent) throw new Error(`${guest.name} is off`)
  return runInGuest(guest.agent, argv, options)
}

/** Like exec, but rejects on a non-zero exit code. Resolves with stdout. */
export async function execOk(guest: Guest, argv: readonly string[], options: GuestRunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await exec(guest, argv, options)
  if (code !== 0) throw new Error(`${argv.join(' ')}: exit code ${code} in the guest\n${stderr}${stdout}`)
  return stdout
}

async function isReady(guest: Guest): Promise<void> {
  guest.agent = await controlSocket(socketOf(guest, 'agent'))
  await guest.agent.call('guest-ping', {}, BOOT_MS)
  const { stdout } = await exec(guest, ['systemctl', 'is-system-running', '--wait'], { timeoutMs: BOOT_MS })
  if (!/^(running|degraded)/.test(stdout)) throw new Error(`${guest.name} is ${stdout.trim()}`)
}

async function makeTap(bed: Bed): Promise<void> {
  const ip = (...argv: string[]) => must(['ip', '-n', bed.prefix, ...argv])
  if ((await ip('-o', 'link')).includes(`: ${TAP}:`)) return
  // Created in the namespace of the bed, so that it is removed with it.
  await must(inNetwork(bed, ['ip', 'tuntap', 'add', 'dev', TAP, 'mode', 'tap']))
  await ip('link', 'set', TAP, 'master', BRIDGE, 'up')
}
