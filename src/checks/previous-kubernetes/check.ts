import { ETCD_DATA } from '../../base/kubernetes-paths.ts'
import type { Check, CheckParams, Verdict } from '../../engine/checks/check.ts'
import { bakedFiles, hasOwnKubernetes } from '../../engine/checks/own-kubernetes.ts'
import type { HostView } from '../../host/host.ts'
import {
  type DistributionTraces,
  distributionTraces,
  type PodTraces,
  podTraces,
  runningProcesses,
} from './find-traces.ts'
import { fixFor } from './fix.ts'
import { type KernelTraces, kernelTraces } from './kernel-traces.ts'
import { DISTRIBUTIONS, KUBESPRAY } from './traces.ts'

const MOST_SHOWN = 8

export const check: Check = {
  id: 'previous-kubernetes',
  title: 'No earlier Kubernetes',
  hard: true,
  why: 'Binaries, units, processes, state, mounts, network links and firewall rules of an earlier Kubernetes break a new one. Docker, podman, LXC, VPNs and empty directories are no problem. The fix deletes no data: it moves state to /var/lib/former-kubernetes-*.',
  remedy:
    'Run the line that the check prints. It stops an earlier Kubernetes and moves its files away; it deletes no data.',
  timeoutMs: 15_000,
  async look(host: HostView, { ownStateDirectory }: CheckParams): Promise<Verdict> {
    if (await hasOwnKubernetes(host, ownStateDirectory))
      return { kind: 'pass', found: 'only Kubernetes of this installation' }
    const names = DISTRIBUTIONS.flatMap((distribution) => distribution.processes)
    const [running, pods] = await Promise.all([runningProcesses(host, new Set([...names, 'etcd'])), podTraces(host)])
    const [looked, kernel] = await Promise.all([
      Promise.all(DISTRIBUTIONS.map((distribution) => distributionTraces(host, distribution, running))),
      kernelTraces(host, pods.hasOtherCni),
    ])
    const baked = await bakedFiles(host, ownStateDirectory)
    const found = looked
      .map((one) => ({ ...one, binaries: one.binaries.filter((path) => !baked.has(path)) }))
      .filter(isTrace)
    const all = [...found.flatMap(described), ...podsDescribed(pods), ...kernelDescribed(kernel)]
    if (all.length === 0) return { kind: 'pass', found: 'no traces' }
    const isKubespray = found.some(({ distribution }) => distribution.name === KUBESPRAY)
    const etcd = running.filter(({ name }) => name === 'etcd')
    const distributions = found.map((one) =>
      one.distribution.name === KUBESPRAY ? { ...one, processes: [...one.processes, ...etcd] } : one,
    )
    const keep = etcd.length > 0 && !isKubespray ? [ETCD_DATA] : []
    return {
      kind: 'fail',
      found: `${all.slice(0, MOST_SHOWN).join(', ')}${all.length > MOST_SHOWN ? `, and ${all.length - MOST_SHOWN} more` : ''}`,
      wanted: 'no traces of an earlier Kubernetes',
      fix: await fixFor(host, { distributions, keep, pods, kernel }),
    }
  },
}

function isTrace({ processes, binaries, units, directories }: DistributionTraces): boolean {
  return processes.length + binaries.length + units.length + directories.length > 0
}

function described({ processes, binaries, units, directories }: DistributionTraces): string[] {
  const active = processes.map(({ name, pid }) => `process ${name} (pid ${pid})`)
  return [...active, ...binaries, ...units, ...directories.map((path) => `${path}/`)]
}

function podsDescribed({ mounts, links, cniFiles, directories, containers }: PodTraces): string[] {
  return [
    ...mounts.map((path) => `mount ${path}`),
    ...links.map((name) => `network link ${name}`),
    ...cniFiles,
    ...directories.map((path) => `${path}/`),
    ...(containers > 0 ? [`${containers} containers of pods`] : []),
  ]
}

function kernelDescribed({ chains, tables, rules, routes, pinned }: KernelTraces): string[] {
  return [
    ...chains.map(({ program, names: [first, ...more] }) =>
      more.length === 0 ? `chain ${first} of ${program}` : `chain ${first} and ${more.length} more of ${program}`,
    ),
    ...tables.map(({ family, name }) => `nftables table ${family} ${name}`),
    ...rules.map(({ text }) => `routing rule ${text.replace(/\s+/g, ' ')}`),
    ...routes.map((text) => `route ${text}`),
    ...pinned,
  ]
}
