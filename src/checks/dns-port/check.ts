import { independent } from '../../base/command.ts'
import { isLoopback, isWildcard } from '../../base/net/address.ts'
import type { Check, CheckParams, Verdict } from '../../engine/checks/check.ts'
import { hasOwnKubernetes } from '../../engine/checks/own-kubernetes.ts'
import type { HostView } from '../../host/host.ts'
import { localAddresses } from '../../host/network/addresses.ts'
import { boundSockets, socketHolders } from '../../host/network/listeners.ts'
import type { BoundSocket } from '../../host/parse/network/proc-net.ts'

const DNS_PORT = 53

export const check: Check = {
  id: 'dns-port',
  title: 'Port 53 for the node DNS',
  hard: true,
  why: "The node's own DNS listens on port 53 (TCP and UDP) of the node's address. A resolver on loopback or on its own bridge is no problem.",
  remedy: 'Stop the program that uses the port, or make it listen on 127.0.0.1 only.',
  thresholds: [{ of: `port ${DNS_PORT}/tcp and ${DNS_PORT}/udp`, fail: "in use on the node's address" }],
  timeoutMs: 15_000,
  async look(host: HostView, { ownStateDirectory }: CheckParams): Promise<Verdict> {
    const [sockets, addresses] = await Promise.all([boundSockets(host), localAddresses(host)])
    const bound = sockets.filter((socket) => socket.port === DNS_PORT)
    const ownAddresses = new Set(addresses.node)
    const conflicts = bound.filter((socket) => isWildcard(socket.address) || ownAddresses.has(socket.address))
    const holders = await socketHolders(host, bound)
    if (conflicts.length === 0) return { kind: 'pass', found: describeFree(bound, holders) }
    const isNodeDns = conflicts.every((socket) => holders.get(socket.inode)?.startsWith('coredns '))
    if (isNodeDns && (await hasOwnKubernetes(host, ownStateDirectory)))
      return { kind: 'pass', found: 'used by the node DNS of this installation' }
    const who = conflicts.map((socket) => describe(socket, holders))
    return {
      kind: 'fail',
      found: [...new Set(who)].join(', '),
      wanted: `port 53 free on ${addresses.node[0] ?? "the node's address"}`,
      fix: fixFor(conflicts.map((socket) => holders.get(socket.inode) ?? '')),
    }
  },
}

function describe(socket: BoundSocket, holders: Map<number, string>): string {
  const holder = holders.get(socket.inode) ?? 'a process'
  return `${holder} on ${socket.address} port 53/${socket.protocol}`
}

function describeFree(bound: readonly BoundSocket[], holders: Map<number, string>): string {
  const elsewhere = bound.map((s) => `${holders.get(s.inode) ?? 'a process'} on ${s.address}`)
  if (elsewhere.length === 0) return 'free'
  const where = bound.every((socket) => isLoopback(socket.address)) ? 'on loopback' : 'elsewhere'
  return `free; ${where} only: ${[...new Set(elsewhere)].join(', ')}`
}

const FIXES: readonly { holder: string; fix: string }[] = [
  { holder: 'dnsmasq', fix: 'systemctl disable --now dnsmasq' },
  { holder: 'named', fix: 'systemctl disable --now named' },
  { holder: 'unbound', fix: 'systemctl disable --now unbound' },
  {
    holder: 'systemd-resolve',
    fix: "sed -i '/^DNSStubListenerExtra=/d' /etc/systemd/resolved.conf && systemctl restart systemd-resolved",
  },
]

function fixFor(holders: readonly string[]): string {
  const known = FIXES.filter(({ holder }) => holders.some((text) => text.startsWith(holder)))
  if (known.length > 0) return independent(...known.map(({ fix }) => fix))
  return "find the program: ss -lnptu 'sport = :53'; then stop it, or make it listen on 127.0.0.1 only"
}
