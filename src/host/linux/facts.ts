import { type NetworkInterfaceInfo, release } from 'node:os'
import type { Facts } from '../../protocol/wire/facts.ts'
import type { HostView } from '../host.ts'
import { ifReadable } from '../kernel/processes.ts'
import { defaultSource } from '../network/addresses.ts'
import { parseOsRelease } from '../parse/os-release.ts'
import { listDisks } from './disks.ts'
import { addressesByInterface } from './network/interfaces.ts'

/** The protocol's limit. A node has an interface for each pod. */
const MAX_INTERFACES = 256

type Interface = Facts['interfaces'][number]

/** The facts that are sent to the controller. Takes about 50 ms, mostly for lsblk. */
export async function collectFacts(
  view: HostView,
  own: { agentVersion: string; versions: Record<string, string> },
): Promise<Facts> {
  const { blockDevices } = await import('systeminformation')
  const [osRelease, bootId, machineId, productUuid, serial, model, disks, interfaces] = await Promise.all([
    view.read('/etc/os-release'),
    view.read('/proc/sys/kernel/random/boot_id'),
    view.read('/etc/machine-id'),
    ifReadable(() => view.read('/sys/class/dmi/id/product_uuid')),
    ifReadable(() => view.read('/sys/class/dmi/id/product_serial')),
    cpuModel(view),
    blockDevices().then((devices) => listDisks(view, devices)),
    listInterfaces(view),
  ])
  const os = parseOsRelease(osRelease ?? '')
  return {
    hostname: view.hostname(),
    os: {
      id: os.ID ?? 'linux',
      version: os.VERSION_ID ?? '',
      prettyName: os.PRETTY_NAME ?? '',
      kernel: release(),
      arch: view.arch(),
    },
    cpu: { model, cores: view.cpuCount() },
    memoryBytes: view.memoryBytes(),
    disks,
    interfaces,
    bootId: bootId?.trim() ?? '',
    machineId: machineId?.trim() ?? '',
    ...(productUuid !== undefined && { productUuid: productUuid.trim().toLowerCase() }),
    ...(serial !== undefined && serial.trim() !== '' && { serial: serial.trim().slice(0, 255) }),
    ...own,
  }
}

/** On arm64 the kernel reports only numbers, which systeminformation translates. */
async function cpuModel(view: HostView): Promise<string> {
  const named = /^model name\s*:\s*(.+)$/m.exec((await view.read('/proc/cpuinfo')) ?? '')?.[1]
  if (named !== undefined) return named
  const { cpu } = await import('systeminformation')
  const { manufacturer, brand } = await cpu()
  return `${manufacturer} ${brand}`.trim()
}

/** Interfaces with an address, without loopback. */
async function listInterfaces(view: HostView): Promise<Interface[]> {
  const routed = await defaultSource(view)
  const found = [...addressesByInterface()].map(async ([name, all]) => {
    const addresses = inOrder(
      all.filter(({ internal }) => !internal),
      routed?.address,
    )
    const [first] = addresses
    if (first === undefined) return []
    const [mtu, speed] = await Promise.all([view.read(`/sys/class/net/${name}/mtu`), linkSpeed(view, name)])
    return [
      {
        name,
        mac: first.mac,
        mtu: Number(mtu ?? 0),
        speedMbps: speed,
        addresses: addresses.map(({ address, cidr }) => ({ address, prefix: Number(cidr?.split('/')[1] ?? 0) })),
        defaultRoute: name === routed?.interface,
      },
    ]
  })
  return (await Promise.all(found)).flat().slice(0, MAX_INTERFACES)
}

/** The node's address is first. Addresses that move between machines (keepalived's /32) are last. */
function inOrder(addresses: readonly NetworkInterfaceInfo[], preferred: string | undefined): NetworkInterfaceInfo[] {
  const rank = ({ address, cidr }: NetworkInterfaceInfo) => (address === preferred ? 0 : cidr?.endsWith('/32') ? 2 : 1)
  return addresses.toSorted((a, b) => rank(a) - rank(b))
}

/** Null for virtual and unplugged interfaces, whose file cannot be read or contains -1. */
async function linkSpeed(view: HostView, name: string): Promise<number | null> {
  try {
    const speed = Number((await view.read(`/sys/class/net/${name}/speed`)) ?? -1)
    return speed > 0 ? speed : null
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return null
    throw error
  }
}
