import { type Advice, advice, remarked, together } from '../../base/command.ts'
import type { Check, Verdict } from '../../engine/checks/check.ts'
import type { HostView } from '../../host/host.ts'
import { isMachineId, isOneDigit, isPlaceholderUuid } from '../../host/kernel/machine-ids.ts'
import { ifReadable } from '../../host/kernel/processes.ts'
import { defaultRoutes, mainRoutes } from '../../host/network/routes.ts'

export const check: Check = {
  id: 'identity',
  title: 'Identity of this machine',
  hard: false,
  why: 'Clones of one image that share a machine-id get the same DHCP addresses and the same MAC addresses on virtual links. The controller compares the identities of all nodes: controller node show NODE.',
  remedy:
    'On the clone, create a new machine-id and reboot. Change a MAC address or a UUID in the settings of the virtual machine.',
  timeoutMs: 15_000,
  async look(host: HostView): Promise<Verdict> {
    const name = defaultRoutes(await mainRoutes(host))[0]?.interface
    const [machineId, uuid, mac] = await Promise.all([
      host.read('/etc/machine-id'),
      ifReadable(() => host.read('/sys/class/dmi/id/product_uuid')),
      name === undefined ? undefined : host.read(`/sys/class/net/${name}/address`),
    ])
    const wrong = [wrongMachineId(machineId), wrongUuid(uuid), wrongMac(name, mac)].filter((each) => each !== undefined)
    if (wrong.length === 0) return { kind: 'pass', found: `machine-id ${machineId?.trim()}` }
    return {
      kind: 'warn',
      found: wrong.map(({ found }) => found).join('; '),
      wanted: 'a unique identity',
      fix: together(wrong.map(({ fix }) => fix)),
    }
  },
}

interface Wrong {
  found: string
  fix: string | Advice
}

function wrongMachineId(text: string | undefined): Wrong | undefined {
  const id = text?.trim() ?? ''
  const fix = remarked('rm -f /etc/machine-id /var/lib/dbus/machine-id && systemd-machine-id-setup', 'then reboot')
  if (id === '') return { found: 'no /etc/machine-id', fix }
  if (isMachineId(id)) return undefined
  return {
    found: /^([0-9a-f])\1{31}$/.test(id) ? `machine-id ${id} is not unique` : `/etc/machine-id is "${id.slice(0, 40)}"`,
    fix,
  }
}

function wrongUuid(text: string | undefined): Wrong | undefined {
  const uuid = text?.trim().toLowerCase() ?? ''
  if (uuid === '' || !isPlaceholderUuid(uuid)) return undefined
  return {
    found: `product_uuid ${uuid} is not unique`,
    fix: advice(
      'set a unique UUID with the tool of the vendor, or in the settings of the virtual machine; Kubernetes runs without it',
    ),
  }
}

function wrongMac(name: string | undefined, text: string | undefined): Wrong | undefined {
  const mac = text?.trim() ?? ''
  if (name === undefined || !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac) || !isOneDigit(mac.replaceAll(':', '')))
    return undefined
  return { found: `${name} has the MAC address ${mac}`, fix: advice(`set a unique MAC address for ${name}`) }
}
