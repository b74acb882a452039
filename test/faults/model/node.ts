import type { InstallParams } from '../../../src/agent/install/params.ts'
import { pathsOf } from '../../../src/agent/paths.ts'
import { Secret } from '../../../src/base/text/secret.ts'
import { createCa } from '../../../src/pki/certificate.ts'
import { keyToPem } from '../../../src/pki/key.ts'
import type { FakeNode } from '../../support/fake-files.ts'
import { type FakeKubernetes, fakeKubernetes } from '../../support/fake-kubernetes.ts'
import type { FakeMachine } from '../../support/fake-machine.ts'
import { isVolatile, reboot, type Volatile, volatileOf } from './boot.ts'
import { addMount, answerKernel } from './kernel.ts'
import { refuseHalfPairs } from './kubeadm.ts'
import { type PageCache, pageCache } from './page-cache.ts'
import { renameOver } from './torn.ts'
import { simulatePrograms } from './traces.ts'
import { linkUnits, modulesBringSysctls } from './units.ts'

const paths = pathsOf()
const authority = createCa({ commonName: 'installer', days: 365, now: new Date('2026-06-01T00:00:00Z') })
/** The private key that matches the certificate of the model's node. */
const nodeKey = keyToPem(authority.key)

export const installParams: InstallParams = {
  paths,
  executable: '/root/agent',
  credentials: {
    ca: authority.certificate,
    installer: { certificate: authority.certificate, key: new Secret(keyToPem(authority.key)), expiresAt: new Date(0) },
  },
  config: {
    format: 1,
    nodeName: 'n1',
    urls: ['https://controller:7443'],
    cluster: { id: 'c-aaaaaaaaaa', name: 'demo' },
    instructionKey: 'key',
  },
  hostname: 'n1',
}

/** A Debian machine with some configuration of its owner, on which all verbs can run. */
export class ModelNode {
  readonly fake: FakeKubernetes = fakeKubernetes()
  readonly machine: FakeMachine = this.fake.host.machine
  private readonly first: Volatile
  private readonly cache: PageCache

  constructor() {
    const { machine } = this
    linkUnits(machine)
    modulesBringSysctls(machine)
    renameOver(machine)
    this.cache = pageCache(machine)
    refuseHalfPairs(machine)
    answerKernel(machine)
    prepareMachine(machine)
    this.first = volatileOf(machine)
  }

  /** Simulates the programs that run on the machine. */
  settle(): void {
    enrol(this.machine)
    simulatePrograms(this.fake)
  }

  /** After a power cut. */
  async reboot(random: () => number): Promise<void> {
    this.cache.lose(random)
    await reboot(this.machine, this.first)
    this.settle()
  }

  /** The whole state of the machine, with the timestamps of files that existed before. */
  snapshot(): Record<string, string> {
    const { files, units, modules } = this.machine
    const seen: Record<string, string> = {}
    for (const [path, node] of files.nodes) seen[path] = textOf(path, node)
    for (const [unit, { active }] of units) if (active) seen[unit] = 'active'
    for (const name of modules) seen[`module ${name}`] = 'loaded'
    return seen
  }

  /** Saves the machine. The returned function restores it, and can be called repeatedly. */
  save(): () => void {
    const { fake, machine } = this
    const nodes = [...machine.files.nodes].map(([path, node]) => [path, { ...node }] as const)
    const { nowMs } = machine.clock
    const [units, modules] = [[...machine.units], [...machine.modules]]
    const [objects, images, dropIns] = [structuredClone([...fake.objects]), [...fake.images], fake.dropIns]
    return () => {
      refill(
        machine.files.nodes,
        nodes.map(([path, node]) => [path, { ...node }] as const),
      )
      refill(machine.units, units)
      refill(fake.objects, structuredClone(objects))
      machine.modules.clear()
      for (const name of modules) machine.modules.add(name)
      fake.dropIns = dropIns
      refill(fake.images, images)
      machine.clock.nowMs = nowMs
      machine.calls.length = 0
      this.cache.forget()
    }
  }
}

function refill<K, V>(map: Map<K, V>, entries: Iterable<readonly [K, V]>): void {
  map.clear()
  for (const [key, value] of entries) map.set(key, value)
}

/** Keys and certificates differ in each run, so their content is ignored. */
function textOf(path: string, node: FakeNode): string {
  const { kind, mode, uid, gid } = node
  const rights = `${kind} ${mode.toString(8)} ${uid}:${gid}`
  if (node.kind === 'symlink') return `${rights} ${node.target}`
  if (node.kind !== 'file') return rights
  const text = node.bytes.toString()
  const isKey = text.includes('-----BEGIN ') || text.includes('LS0tLS1CRUdJTi')
  const ofOld = !isVolatile(path) && node.mtimeMs < OLD_MS + 1e9 ? ` ${node.mtimeMs}` : ''
  // The order of kernel lists does not matter.
  const content = isVolatile(path) ? text.split('\n').sort().join('\n') : text
  return `${rights} ${isKey ? 'a key' : content}${ofOld}`
}

const OLD_MS = Date.parse('2024-01-01T00:00:00Z')

function prepareMachine(machine: FakeMachine): void {
  const { files } = machine
  let mtimeMs = OLD_MS
  const seed = (path: string, text: string, mode = 0o644) => files.seed(path, text, { mode, mtimeMs: mtimeMs++ })
  for (const path of [
    '/etc/systemd/system/multi-user.target.wants',
    '/etc/modules-load.d',
    '/etc/sysctl.d',
    '/var/log',
  ]) {
    files.seedDirectory(path)
  }
  for (const path of [
    '/usr/libexec',
    '/opt',
    '/sys/fs/cgroup/system.slice',
    '/sys/class/net/eth0',
    '/run/systemd/system',
    '/root',
  ]) {
    files.seedDirectory(path)
  }
  seed('/root/agent', 'the executable', 0o755)
  seed('/etc/hostname', 'machine\n')
  seed('/etc/hosts', '127.0.0.1 localhost\n', 0o640)
  seed('/proc/sys/kernel/hostname', 'machine\n')
  seed('/proc/sys/kernel/panic', '0\n')
  seed('/proc/sys/net/ipv4/conf/all/route_localnet', '0\n')
  seed('/model/iptables', ':FOREIGN - [0:0]\n-A INPUT -j FOREIGN\n')
  seed('/etc/cni/net.d/87-podman-bridge.conflist', '{"name":"podman"}')
  seed('/etc/systemd/system/ssh.service', '[Service]')
  files.seedLink('/etc/systemd/system/multi-user.target.wants/ssh.service', '/etc/systemd/system/ssh.service')
  machine.units.set('ssh.service', { active: true })
  addMount(files, '/srv/data')
}

/** Simulates the enrolment: the node gets its own key and certificate, and the installer credentials are removed. */
function enrol({ files, units }: FakeMachine): void {
  if (!units.get(paths.unit)?.active) return
  for (const path of [paths.statusFile, paths.logFile, `${paths.stateDirectory}/link.json`]) {
    if (files.get(path) === undefined) files.seed(path, '')
  }
  if (files.get(paths.nodeCsr) === undefined || files.get(paths.installerKey) === undefined) return
  files.seed(paths.nodeIdentity, `${nodeKey}${authority.certificate}`, { mode: 0o600 })
  for (const path of [paths.installerKey, paths.installerCertificate, paths.nodeCsr, paths.nodeKey]) files.delete(path)
}
