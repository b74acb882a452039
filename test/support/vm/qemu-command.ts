import { join } from 'node:path'
import { emulator } from './emulator.ts'
import type { Guest } from './guest.ts'
import { GUEST_MAC } from './image.ts'

export const TAP = 'vm0'
const MEMORY_MIB = 3584
/** Emulation has a stable clock and needs no mitigations. String instructions are slower there than loops. */
const KERNEL_ARGUMENTS = 'root=/dev/vda rw console=ttyS0 quiet mitigations=off nokaslr tsc=reliable clocksource=tsc'
const CPU = 'max,-erms,-fsrm'

type Where = Pick<Guest, 'directory'>
export const disk = ({ directory }: Where) => join(directory, 'disk.qcow2')
/** A second disk that transfers files into the guest. */
export const carrier = ({ directory }: Where) => join(directory, 'carrier.raw')
export const socketOf = ({ directory }: Where, name: 'agent' | 'monitor') => join(directory, `${name}.sock`)

/** The command line of qemu. With `memory` the guest continues from that saved state. */
export async function qemuCommand(guest: Guest, memory?: string, signal?: AbortSignal): Promise<string[]> {
  const { system } = await emulator(signal)
  const socket = (name: 'agent' | 'monitor') => `path=${socketOf(guest, name)},server=on,wait=off`
  return [
    ...[...system, '-name', guest.name, '-nodefaults', '-no-user-config', '-display', 'none'],
    ...['-machine', 'q35', '-accel', 'tcg,thread=multi,tb-size=512', '-cpu', CPU, '-smp', '2', '-m', `${MEMORY_MIB}`],
    ...['-kernel', guest.image.kernel, '-initrd', guest.image.initrd, '-append', KERNEL_ARGUMENTS],
    // With writeback, unflushed data of the guest (the cluster map of qcow2) is in the qemu process and lost with it.
    ...['-drive', `file=${disk(guest)},if=none,id=disk,cache=writeback,discard=unmap`],
    ...['-device', 'virtio-blk-pci,drive=disk'],
    ...['-drive', `file=${carrier(guest)},format=raw,if=none,id=carrier,cache=writeback,read-only=on`],
    ...['-device', 'virtio-blk-pci,drive=carrier'],
    ...['-netdev', `tap,id=net,ifname=${TAP},script=no,downscript=no`],
    ...['-device', `virtio-net-pci,netdev=net,mac=${GUEST_MAC},romfile=`, '-device', 'virtio-rng-pci'],
    ...['-chardev', `socket,id=agent,${socket('agent')}`, '-device', 'virtio-serial-pci'],
    ...['-device', 'virtserialport,chardev=agent,name=org.qemu.guest_agent.0'],
    ...[
      '-chardev',
      `file,id=console,path=${join(guest.directory, 'console.log')},append=on`,
      '-serial',
      'chardev:console',
    ],
    ...['-chardev', `socket,id=monitor,${socket('monitor')}`, '-mon', 'chardev=monitor,mode=control'],
    ...['-rtc', 'base=utc', ...(memory ? ['-incoming', `file:${memory}`] : [])],
  ]
}
