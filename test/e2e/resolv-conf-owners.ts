import assert from 'node:assert/strict'
import { GATEWAY, PREFIX_LENGTH } from '../support/testbed/bed.ts'
import { execOk, type Node } from '../support/testbed/machine.ts'
import { putFile } from '../support/testbed/nodes.ts'
import { unpackPackage } from '../support/testbed/unpack-package.ts'

/** The DNS domain of the nodes, which is also their search domain. */
export const SEARCH = 'test'
const NETWORK = '/etc/systemd/network/10-host0.network'

/** A program that manages resolv.conf of a node, as on a machine that was installed with it. */
export interface Owner {
  name: string
  take(node: Node, signal: AbortSignal): Promise<void>
  /** Makes the program rewrite resolv.conf, as it does by itself from time to time. */
  writeAgain: readonly string[]
}

export const resolved: Owner = {
  name: 'systemd-resolved by its link',
  take: (node, signal) =>
    resolve(node, signal, `${NETWORK}.d/dns.conf`, `[Network]\nDNS=${GATEWAY}\nDomains=${SEARCH}\n`),
  writeAgain: ['systemctl', 'restart', 'systemd-resolved'],
}

export const resolvedAlone: Owner = {
  name: 'systemd-resolved by its configuration',
  take: (node, signal) =>
    resolve(node, signal, '/etc/systemd/resolved.conf', `[Resolve]\nDNS=${GATEWAY}\nDomains=${SEARCH}\n`),
  writeAgain: ['systemctl', 'restart', 'systemd-resolved'],
}

async function resolve(node: Node, signal: AbortSignal, file: string, text: string): Promise<void> {
  await unpackPackage(node, 'systemd-resolved', signal)
  await putFile(node, file, text)
  await all(node, [
    ['systemd-sysusers'],
    ['systemctl', 'daemon-reload'],
    ['systemctl', 'reload', 'dbus'],
    ['networkctl', 'reload'],
    ['systemctl', 'enable', '--now', 'systemd-resolved'],
    ['ln', '-sf', '../run/systemd/resolve/stub-resolv.conf', '/etc/resolv.conf'],
  ])
}

export const networkManager: Owner = {
  name: 'NetworkManager',
  async take(node, signal) {
    const libraries = ['libnm0', 'libbluetooth3', 'libmm-glib0', 'libndp0', 'libteamdctl0', 'libjansson4', 'libpsl5']
    const more = ['libcurl3-gnutls', 'libglib2.0-0', 'libreadline8', 'libdaemon0']
    for (const name of ['network-manager', ...libraries, ...more]) await unpackPackage(node, name, signal)
    const profile = ['[connection]', 'id=host0', 'type=ethernet', 'interface-name=host0', '[ipv4]', 'method=manual']
    const address = [`address1=${node.address}/${PREFIX_LENGTH},${GATEWAY}`, `dns=${GATEWAY};`, `dns-search=${SEARCH};`]
    const file = '/etc/NetworkManager/system-connections/host0.nmconnection'
    await putFile(node, file, [...profile, ...address, '[ipv6]', 'method=disabled', ''].join('\n'))
    // As for systemd-networkd: the node has no udev to wait for.
    const unit = '/etc/systemd/system/NetworkManager.service.d/testbed.conf'
    await putFile(node, unit, '[Service]\nReadOnlyPaths=/sys\n')
    await all(node, [
      ['chmod', '600', file],
      ['rm', NETWORK],
      ['systemctl', 'disable', '--now', 'systemd-networkd.socket', 'systemd-networkd'],
      ['systemctl', 'daemon-reload'],
      ['systemctl', 'reload', 'dbus'],
      ['systemctl', 'enable', '--now', 'NetworkManager'],
      ['nmcli', 'connection', 'up', 'host0'],
    ])
  },
  writeAgain: ['nmcli', 'connection', 'up', 'host0'],
}

export const resolvconf: Owner = {
  name: 'resolvconf of Debian',
  async take(node, signal) {
    await unpackPackage(node, 'resolvconf', signal)
    await putFile(node, '/etc/resolvconf/resolv.conf.d/base', `nameserver ${GATEWAY}\nsearch ${SEARCH}\n`)
    await all(node, [
      ['mkdir', '-p', '/run/resolvconf/interface'],
      ['systemctl', 'daemon-reload'],
      ['systemctl', 'enable', '--now', 'resolvconf'],
      ['ln', '-sf', '../run/resolvconf/resolv.conf', '/etc/resolv.conf'],
      ['resolvconf', '-u'],
    ])
  },
  writeAgain: ['resolvconf', '-u'],
}

export const openresolv: Owner = {
  name: 'openresolv',
  async take(node, signal) {
    await unpackPackage(node, 'openresolv', signal)
    const record = `nameserver ${GATEWAY}\nsearch ${SEARCH}\n`
    await putFile(node, '/etc/openresolv-host0', record)
    await unit(node, 'openresolv', ['Type=oneshot', 'StandardInput=file:/etc/openresolv-host0'], 'resolvconf -a host0')
  },
  writeAgain: ['systemctl', 'restart', 'openresolv'],
}

export const dhclient: Owner = {
  name: 'dhclient',
  async take(node, signal) {
    await unpackPackage(node, 'isc-dhcp-client', signal)
    await byDhcpAlone(node)
    const run = '/sbin/dhclient -4 -pf /run/dhclient.host0.pid -lf /var/lib/dhcp/dhclient.host0.leases host0'
    await unit(node, 'dhclient', ['Type=forking', 'ExecStartPre=/bin/ip link set host0 up'], run)
  },
  writeAgain: ['systemctl', 'restart', 'dhclient'],
}

export const dhcpcd: Owner = {
  name: 'dhcpcd',
  async take(node, signal) {
    await unpackPackage(node, 'dhcpcd-base', signal)
    await byDhcpAlone(node)
    await execOk(node, ['useradd', '--system', '--home-dir', '/usr/lib/dhcpcd', '--no-create-home', 'dhcpcd'])
    // The DHCP server identifies it by its hardware address.
    await unit(node, 'dhcpcd', ['Type=forking'], "/sbin/dhcpcd -4 -I '' host0")
  },
  writeAgain: ['systemctl', 'restart', 'dhcpcd'],
}

/** Makes systemd-networkd of a node the DHCP server of the test bed. Each client gets the address that it has. */
export async function serveAddresses(server: Node, targets: readonly Node[]): Promise<void> {
  const leases = targets.map(async (target) => {
    const hardware = (await execOk(target, ['cat', '/sys/class/net/host0/address'])).trim()
    return ['[DHCPServerStaticLease]', `MACAddress=${hardware}`, `Address=${target.address}`]
  })
  const lines = [
    ...['[Network]', 'DHCPServer=yes', '[DHCPServer]', 'PoolOffset=200', 'PoolSize=20', 'EmitNTP=no'],
    ...[`DNS=${GATEWAY}`, `Router=${GATEWAY}`, 'EmitTimezone=no', `SendOption=15:string:${SEARCH}`],
    ...(await Promise.all(leases)).flat(),
  ]
  await putFile(server, `${NETWORK}.d/dhcp.conf`, `${lines.join('\n')}\n`)
  await execOk(server, ['networkctl', 'reload'])
}

async function byDhcpAlone(node: Node): Promise<void> {
  await execOk(node, ['rm', NETWORK])
  await execOk(node, ['systemctl', 'disable', '--now', 'systemd-networkd.socket', 'systemd-networkd'])
  await execOk(node, ['mkdir', '-p', '/var/lib/dhcp'])
}

async function unit(node: Node, name: string, service: readonly string[], run: string): Promise<void> {
  const network = ['[Unit]', 'Before=network-online.target', 'Wants=network-online.target']
  const lines = [...network, '[Service]', ...service, `ExecStart=${run}`, '[Install]', 'WantedBy=multi-user.target', '']
  await putFile(node, `/etc/systemd/system/${name}.service`, lines.join('\n'))
  await execOk(node, ['systemctl', 'daemon-reload'])
  await execOk(node, ['systemctl', 'enable', '--now', name], { timeoutMs: 60_000 })
}

async function all(node: Node, commands: readonly (readonly string[])[]): Promise<void> {
  for (const argv of commands) await execOk(node, argv, { timeoutMs: 60_000 })
}

/** Fails unless the node resolves the name to the address. */
export async function assertResolves(node: Node, name: string, address: string): Promise<void> {
  const found = await execOk(node, ['getent', 'ahostsv4', name], { timeoutMs: 40_000 })
  assert.equal(found.split(/\s/)[0], address, `${name} on ${node.name}`)
}
