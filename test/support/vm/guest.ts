import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Bed, BRIDGE, inNetwork } from '../testbed/bed.ts'
import { networkUp, setNames } from '../testbed/network.ts'
import { must, type Output } from '../testbed/run.ts'
import { type ControlSocket, controlSocket } from './control-socket.ts'
import { emulator } from './emulator.ts'
import { type GuestRunOptions, runInGuest } from './guest-agent.ts'
import { GUEST_ADDRESS, GUEST_MAC, GUEST_NAME, type GuestImage, guestImage } from './image.ts'

/** An emulated machine on a bed's bridge; one a bed. It ends with the process that started it, and with its bed. */
export interface Guest {
  readonly bed: Bed
  readonly name: string
  readonly address: string
  /** Its disk, its sockets, and what it wrote to its console. */
  readonly directory: string
  readonly image: GuestImage
  process: ChildProcess | undefined
  agent: ControlSocket | undefined
}

/** What a restored guest begins with: a disk to lie its own over, and its memory. */
export interface Saved {
  readonly disk: string
  readonly memory: string
}

const MEMORY_MIB = 3584
const BOOT_MS = 180_000
const TAP = 'vm0'
const CARRIER_SIZE = '8G'
/** Emulation has a steady clock, and nothing to mitigate; string instructions are slower there than loops. */
const KERNEL_ARGUMENTS = 'root=/dev/vda rw console=ttyS0 quiet mitigations=off nokaslr tsc=reliable clocksource=tsc'
const CPU = 'max,-erms,-fsrm'

/** A guest that is switched off, its disk new, or what `from` saved. */
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

/** Switches the guest on and waits until it obeys; with `memory` it goes on where that was saved. */
export async function boot(guest: Guest, signal?: AbortSignal, memory?: string): Promise<void> {
  if (guest.process) throw new Error(`${guest.name} runs already`)
  const qemu = await command(guest, memory, signal)
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
    guest.agent = await Promise.race([ended, controlSocket(socketOf(guest, 'agent'), signal)])
    await Promise.race([ended, aborted(signal), guest.agent.call('guest-ping', {}, BOOT_MS)])
    await Promise.race([ended, aborted(signal), isUp(guest)])
  } catch (error) {
    await powerCut(guest)
    throw error
  }
}

/** Ends the machine between two of its instructions: what it had not written to its disk is lost. Its disk stays. */
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

/** Takes the guest and its disk away. Its network goes with the bed. */
export async function remove(guest: Guest): Promise<void> {
  await powerCut(guest)
  await rm(guest.directory, { recursive: true, force: true })
}

/** Runs a command in the guest as root, whatever its exit code. */
export async function exec(guest: Guest, argv: readonly string[], options: GuestRunOptions = {}): Promise<Output> {
  if (!guest.agent) throw new Error(`${guest.name} is off`)
  return runInGuest(guest.agent, argv, options)
}

/** Like exec, but a non-zero exit code rejects with the output. Answers stdout. */
export async function execOk(guest: Guest, argv: readonly string[], options: GuestRunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await exec(guest, argv, options)
  if (code !== 0) throw new Error(`${argv.join(' ')}: exit code ${code} in the guest\n${stderr}${stdout}`)
  return stdout
}

/**
 * Copies a file of the host into the guest; its permissions stay. It goes by way of a second disk, which is faster than
 * the guest's agent and needs no network.
 */
export async function copyIn(guest: Guest, file: string, target: string): Promise<void> {
  const { size, mode } = await stat(file)
  await must(['dd', `if=${file}`, `of=${carrier(guest)}`, 'bs=4M', 'conv=notrunc', 'status=none'])
  const permissions = (mode & 0o7777).toString(8)
  const take = 'blockdev --flushbufs /dev/vdb && head -c "$1" /dev/vdb | install -D -m "$2" /dev/stdin "$3"'
  await execOk(guest, ['sh', '-c', take, 'sh', String(size), permissions, target], { timeoutMs: 300_000 })
}

/** Copies a directory with all that is in it, owners and permissions too; it becomes `target`. */
export async function copyTreeIn(guest: Guest, directory: string, target: string): Promise<void> {
  // 1<>: the disk keeps its size.
  await must(['sh', '-c', 'tar -c -C "$1" . 1<> "$2"', 'sh', directory, carrier(guest)], { timeoutMs: 300_000 })
  const take = 'blockdev --flushbufs /dev/vdb && mkdir -p "$1" && tar -x -C "$1" -f /dev/vdb'
  await execOk(guest, ['sh', '-c', take, 'sh', target], { timeoutMs: 600_000 })
}

export const disk = (guest: Guest) => join(guest.directory, 'disk.qcow2')
export const consoleLog = (guest: Guest) => join(guest.directory, 'console.log')
export const socketOf = (guest: Guest, name: 'agent' | 'monitor') => join(guest.directory, `${name}.sock`)
const carrier = (guest: Guest) => join(guest.directory, 'carrier.raw')

async function isUp(guest: Guest): Promise<void> {
  const { stdout } = await exec(guest, ['systemctl', 'is-system-running', '--wait'], { timeoutMs: BOOT_MS })
  if (!/^(running|degraded)/.test(stdout)) throw new Error(`${guest.name} is ${stdout.trim()}`)
}

async function makeTap(bed: Bed): Promise<void> {
  const ip = (...argv: string[]) => must(['ip', '-n', bed.prefix, ...argv])
  if ((await ip('-o', 'link')).includes(`: ${TAP}:`)) return
  // In the bed's namespace from the start: it goes with that.
  await must(inNetwork(bed, ['ip', 'tuntap', 'add', 'dev', TAP, 'mode', 'tap']))
  await ip('link', 'set', TAP, 'master', BRIDGE, 'up')
}

async function command(guest: Guest, memory: string | undefined, signal?: AbortSignal): Promise<string[]> {
  const { system } = await emulator(signal)
  const socket = (name: 'agent' | 'monitor') => `path=${socketOf(guest, name)},server=on,wait=off`
  return [
    ...[...system, '-name', guest.name, '-nodefaults', '-no-user-config', '-display', 'none'],
    ...['-machine', 'q35', '-accel', 'tcg,thread=multi,tb-size=512', '-cpu', CPU, '-smp', '2', '-m', `${MEMORY_MIB}`],
    ...['-kernel', guest.image.kernel, '-initrd', guest.image.initrd, '-append', KERNEL_ARGUMENTS],
    // With writeback, what the guest has not flushed lies in qemu (the map of a qcow2's clusters) and dies with it.
    ...['-drive', `file=${disk(guest)},if=none,id=disk,cache=writeback,discard=unmap`],
    ...['-device', 'virtio-blk-pci,drive=disk'],
    ...['-drive', `file=${carrier(guest)},format=raw,if=none,id=carrier,cache=writeback,read-only=on`],
    ...['-device', 'virtio-blk-pci,drive=carrier'],
    ...['-netdev', `tap,id=net,ifname=${TAP},script=no,downscript=no`],
    ...['-device', `virtio-net-pci,netdev=net,mac=${GUEST_MAC},romfile=`, '-device', 'virtio-rng-pci'],
    ...['-chardev', `socket,id=agent,${socket('agent')}`, '-device', 'virtio-serial-pci'],
    ...['-device', 'virtserialport,chardev=agent,name=org.qemu.guest_agent.0'],
    ...['-chardev', `file,id=console,path=${consoleLog(guest)},append=on`, '-serial', 'chardev:console'],
    ...['-chardev', `socket,id=monitor,${socket('monitor')}`, '-mon', 'chardev=monitor,mode=control'],
    ...['-rtc', 'base=utc', ...(memory ? ['-incoming', `file:${memory}`] : [])],
  ]
}

/** Rejects when the signal is given; for a race with what does not look at it. */
export function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('interrupted')), { once: true })
    if (signal?.aborted) reject(new Error('interrupted'))
  })
}
