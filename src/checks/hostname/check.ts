import { command, remarked } from '../../base/command.ts'
import { isLoopback } from '../../base/net/address.ts'
import type { Check, CheckParams, Verdict } from '../../engine/checks/check.ts'
import type { HostView } from '../../host/host.ts'
import { localAddresses } from '../../host/network/addresses.ts'
import { askNameServers } from '../../host/network/ask-name-servers.ts'
import { NetworkError } from '../../host/network.ts'
import { takenBy } from './taken-by.ts'

const RESOLVE_TIMEOUT_MS = 11_000
/** A name server that does not answer costs 5 s (timeout in resolv.conf(5)), a machine under load a second or two. */
const SLOW_MS = 3_000
/** The limit of a label value: the name becomes the value of the label kubernetes.io/hostname. */
const MAX_LENGTH = 63
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

export const check: Check = {
  id: 'hostname',
  title: 'Host name',
  hard: true,
  why: 'The host name becomes the name of the node: lower case, as in RFC 1123, and unique in the cluster. A lookup that hangs delays kubeadm and the kubelet by tens of seconds.',
  remedy:
    'Set a valid, unique name with hostnamectl, or install with --hostname; if the name does not resolve, add it to /etc/hosts.',
  thresholds: [
    { of: 'length of the name', fail: `more than ${MAX_LENGTH} characters` },
    { of: 'lookup of the name', warn: `${SLOW_MS / 1_000} s or more` },
  ],
  timeoutMs: RESOLVE_TIMEOUT_MS + 4_000,
  async look(host: HostView, { hostname, controller }: CheckParams): Promise<Verdict> {
    const name = hostname ?? host.hostname()
    const problem = problemWith(name)
    if (problem !== undefined)
      return { kind: 'fail', found: `"${name}" ${problem}`, wanted: WANTED_NAME, fix: renameFix(name) }
    const [holder, resolution] = await Promise.all([
      controller === undefined ? undefined : takenBy(host, name, controller),
      hostname === undefined ? judgeResolution(host, name) : undefined,
    ])
    if (holder !== undefined)
      return {
        kind: 'fail',
        found: `${name} is already the name of another node of the cluster: ${holder}`,
        wanted: 'a unique name for each node',
        fix: `install with --hostname ANOTHER-NAME, or: controller node remove ${name}`,
      }
    return resolution ?? { kind: 'pass', found: `${name} (about to be set)` }
  },
}

const WANTED_NAME = `lower-case letters, digits, - and ., at most ${MAX_LENGTH} characters, not localhost`

function problemWith(name: string): string | undefined {
  if (name === '' || name === '(none)') return 'is not set'
  if (/^localhost(\d*)(\.localdomain\d*)?$/i.test(name)) return 'is not unique'
  if (name.length > MAX_LENGTH) return `has ${name.length} characters`
  if (name.includes('_')) return 'has an underscore'
  if (name !== name.toLowerCase()) return 'has capital letters'
  return NAME.test(name) ? undefined : 'is not a valid RFC 1123 name'
}

function renameFix(name: string): string {
  const better = name
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .slice(0, MAX_LENGTH)
    .replace(/^[-.]+|[-.]+$/g, '')
  const usable = problemWith(better) === undefined ? better : 'node-1'
  return remarked(command`hostnamectl set-hostname ${usable}`, `or install with --hostname ${usable}`)
}

async function judgeResolution(host: HostView, name: string): Promise<Verdict> {
  const own = await localAddresses(host)
  const wanted = `${name} resolves quickly to an address of this machine`
  const fix = command`echo ${`${own.node[0] ?? '127.0.1.1'} ${name}`} >> /etc/hosts`
  const startMs = host.now().getTime()
  const seconds = () => ((host.now().getTime() - startMs) / 1_000).toFixed(1)
  const isSlow = () => host.now().getTime() - startMs >= SLOW_MS
  let addresses: string[]
  try {
    addresses = await host.network.resolve(name, RESOLVE_TIMEOUT_MS)
  } catch (cause) {
    if (!(cause instanceof NetworkError)) throw cause
    const [slow, took] = [isSlow(), seconds()]
    const answers = await askNameServers(host, name)
    if (slow) return { kind: 'warn', found: `no answer for ${name} after ${took} s (${answers})`, wanted, fix }
    return { kind: 'fail', found: `${name} does not resolve (${answers})`, wanted, fix }
  }
  const found = `${name} resolves to ${addresses.join(', ')}`
  if (!addresses.some((address) => isLoopback(address) || own.all.includes(address)))
    return { kind: 'fail', found: `${found}, which is not this machine (${own.all.join(', ')})`, wanted, fix }
  if (!isSlow()) return { kind: 'pass', found }
  const took = seconds()
  return { kind: 'warn', found: `${found}, after ${took} s (${await askNameServers(host, name)})`, wanted, fix }
}
