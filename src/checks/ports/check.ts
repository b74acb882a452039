import { command } from '../../base/command.ts'
import type { Check, CheckParams, Verdict } from '../../engine/checks/check.ts'
import { judgedRoles } from '../../engine/checks/judged-roles.ts'
import { hasOwnKubernetes } from '../../engine/checks/own-kubernetes.ts'
import type { HostView } from '../../host/host.ts'
import { boundSockets, socketHolders } from '../../host/network/listeners.ts'
import type { BoundSocket } from '../../host/parse/network/proc-net.ts'
import { NEEDED_PORTS, type NeededPort } from './needed.ts'

interface Conflict {
  needed: NeededPort
  socket: BoundSocket
}

export const check: Check = {
  id: 'ports',
  title: 'Ports of Kubernetes',
  hard: true,
  why: 'The ports of the control plane, etcd, the kubelet and the pod network must be free. So must the port on which nodes hand on bundles, if they do. Only the ports of the chosen roles are checked.',
  remedy: 'Stop the program that uses the port.',
  thresholds: NEEDED_PORTS.map(({ port, protocol, use, roles, optional }) => ({
    of: `port ${port}/${protocol} (${use}${roles.length === 1 ? `, ${roles[0]} only` : ''})`,
    [optional ? 'warn' : 'fail']: 'in use',
  })),
  timeoutMs: 15_000,
  async look(host: HostView, { roles, ownStateDirectory }: CheckParams): Promise<Verdict> {
    if (await hasOwnKubernetes(host, ownStateDirectory))
      return { kind: 'pass', found: 'used by Kubernetes of this installation' }
    const sockets = await boundSockets(host)
    const { must, may } = judgedRoles(roles)
    const isFor = (roles: readonly string[], needed: NeededPort) => needed.roles.some((role) => roles.includes(role))
    const wanted = NEEDED_PORTS.filter((needed) => isFor([...must, ...may], needed))
    const forMust = wanted.filter((needed) => isFor(must, needed) && !needed.optional)
    const forMay = wanted.filter((needed) => !forMust.includes(needed))
    const failing = conflictsOf(forMust, sockets)
    const conflicts = [...failing, ...conflictsOf(forMay, sockets)]
    if (conflicts.length > 0) return await conflictVerdict(failing.length > 0 ? 'fail' : 'warn', host, conflicts)
    const ports = [...forMust, ...forMay].map(({ port }) => port).sort((a, b) => a - b)
    return { kind: 'pass', found: `${ports.join(', ')} free` }
  },
}

/** Compares the ports on any address: most programs listen on all addresses, the others on loopback. */
function conflictsOf(ports: readonly NeededPort[], sockets: readonly BoundSocket[]): Conflict[] {
  return ports.flatMap((needed) => {
    const socket = sockets.find((s) => s.port === needed.port && s.protocol === needed.protocol)
    return socket === undefined ? [] : [{ needed, socket }]
  })
}

async function conflictVerdict(kind: 'warn' | 'fail', host: HostView, conflicts: Conflict[]): Promise<Verdict> {
  const sockets = conflicts.map(({ socket }) => socket)
  const holders = await socketHolders(host, sockets)
  const found = conflicts.map(({ needed, socket }) => {
    const holder = holders.get(socket.inode) ?? (needed.protocol === 'udp' ? 'the kernel (a tunnel)' : 'a process')
    return `${needed.port}/${needed.protocol} used by ${holder}`
  })
  const wanted = conflicts.map(({ needed: { port, use, roles } }) => {
    const only = roles.length === 1 ? `, on a ${roles[0]}` : ''
    return `${port} (${use}${only})`
  })
  const filter = sockets.map(({ port }) => `sport = :${port}`).join(' or ')
  const fix = `stop the programs that use them; to find them: ${command`ss -lnptu ${filter}`}`
  return { kind, found: found.join(', '), wanted: `free: ${wanted.join(', ')}`, fix }
}
