import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'

/** Addresses by interface. getifaddrs(3) lists a labelled address under its label (`eth0:1`); it belongs to eth0. */
export function addressesByInterface(): Map<string, NetworkInterfaceInfo[]> {
  const found = new Map<string, NetworkInterfaceInfo[]>()
  for (const [label, addresses = []] of Object.entries(networkInterfaces())) {
    const [name = label] = label.split(':')
    found.set(name, [...(found.get(name) ?? []), ...addresses])
  }
  return found
}

/** The interface with an address, which may include its scope (`fe80::1%eth0`). */
export function interfaceOf(address: string): string | undefined {
  const [bare] = address.split('%')
  const all = [...addressesByInterface()]
  return all.find(([, addresses]) => addresses.some((each) => each.address === bare))?.[0]
}
