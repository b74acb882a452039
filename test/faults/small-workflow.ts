import type { Component, Step, Workflow } from '../../src/engine/step.ts'
import type { HostView } from '../../src/host/host.ts'
import type { FakeMachine } from '../support/fake-machine.ts'

/** The state of the machine before the workflow. Some files conflict with it. */
export function prepareMachine(machine: FakeMachine): void {
  const { files } = machine
  for (const path of ['/etc/systemd/system', '/usr/local/bin', '/var/lib', '/var/lib/cantrip', '/run', '/sys/module']) {
    files.seedDirectory(path)
  }
  files.seed('/etc/hosts', '127.0.0.1 localhost\n', { mode: 0o640 })
  files.seed('/etc/hostname', 'before\n')
  files.seed('/proc/sys/kernel/hostname', 'before\n')
  files.seed('/proc/sys/net/ipv4/ip_forward', '0\n')
  files.seed('/run/stub-resolv.conf', 'nameserver 127.0.0.53\n')
  files.seedLink('/etc/resolv.conf', '../run/stub-resolv.conf')
  files.seed('/etc/old.conf', 'old')
  files.seedDirectory('/etc/cni/net.d')
  files.seed('/var/lib/cantrip/bundle/kubelet', 'binary')
  machine.units.set('firewalld.service', { enabled: true, active: true })
  machine.on(['kubeadm'], () => {
    // kubeadm creates its files each time that it runs.
    files.seed('/etc/kubernetes/admin.conf', 'secret', { mode: 0o600 })
    return {}
  })
}

const fileIs = (path: string, text: string) => async (host: HostView) => (await host.read(path)) === text
const there = (path: string) => async (host: HostView) => (await host.stat(path)) !== undefined

const steps = {
  system: [
    {
      id: 'system/hostname',
      title: 'hostname',
      isDone: async (host) => host.hostname() === 'after' && fileIs('/etc/hostname', 'after\n')(host),
      apply: async (host) => host.setHostname('after'),
    },
    {
      id: 'system/kernel',
      title: 'sysctls and modules',
      isDone: async (host) =>
        (await there('/sys/module/br_netfilter')(host)) && fileIs('/proc/sys/net/ipv4/ip_forward', '1\n')(host),
      async apply(host) {
        await host.loadModule('br_netfilter')
        await host.setSysctl('net.ipv4.ip_forward', '1')
      },
    },
    {
      id: 'system/files',
      title: 'conflicting files',
      isDone: async (host) =>
        (await fileIs('/etc/hosts', 'new')(host)) &&
        (await fileIs('/etc/resolv.conf', 'nameserver 10.0.0.1\n')(host)) &&
        !(await there('/etc/old.conf')(host)),
      async apply(host) {
        await host.write('/etc/hosts', 'new')
        await host.write('/etc/resolv.conf', 'nameserver 10.0.0.1\n')
        await host.remove('/etc/old.conf')
      },
    },
  ],
  kubelet: [
    {
      id: 'kubelet/unit',
      title: 'kubelet',
      isDone: async (host) =>
        (await there('/etc/systemd/system/kubelet.service.d/10.conf')(host)) && (await there('/opt/bin/kubelet')(host)),
      async apply(host) {
        await host.install('/var/lib/cantrip/bundle/kubelet', '/opt/bin/kubelet', 0o755)
        await host.link('/opt/bin/kubelet', '/usr/local/bin/kubelet')
        await host.write('/etc/systemd/system/kubelet.service', '[Service]')
        await host.write('/etc/systemd/system/kubelet.service.d/10.conf', '[Service]')
        await host.daemonReload()
      },
    },
    {
      id: 'kubelet/start',
      title: 'start',
      isDone: async (host) => (await host.ask(['systemctl', 'is-active', 'kubelet.service'])).exitCode === 0,
      apply: async (host) => host.setUnit('kubelet.service', { enabled: true, active: true }),
    },
    {
      id: 'kubelet/firewall',
      title: 'firewall off',
      isDone: async (host) => (await host.ask(['systemctl', 'is-active', 'firewalld.service'])).exitCode !== 0,
      apply: async (host) => host.setUnit('firewalld.service', { enabled: false, active: false }),
    },
  ],
  cluster: [
    {
      id: 'cluster/init',
      title: 'kubeadm init',
      // Check both, because an interrupted undo may have removed only one of them.
      isDone: async (host) =>
        (await there('/etc/kubernetes/admin.conf')(host)) && fileIs('/etc/cni/net.d/10.conflist', '{}')(host),
      async apply(host) {
        await host.makeDirectory('/etc/kubernetes', 0o700)
        await host.makeDirectory('/etc/cni/net.d')
        await host.write('/etc/cni/net.d/10.conflist', '{}')
        await host.run(['kubeadm', 'init'], { kind: 'nothing', because: 'it writes below /etc/kubernetes' })
      },
    },
  ],
} satisfies Record<string, Step<undefined>[]>

const component = (id: keyof typeof steps, after: string[]): Component<undefined> => ({
  id,
  after,
  steps: () => steps[id],
})

/** A small workflow with every kind of change, in parallel components. */
export const smallWorkflow: Workflow<undefined> = {
  id: 'small',
  components: [component('cluster', ['kubelet', 'system']), component('kubelet', []), component('system', [])],
}
