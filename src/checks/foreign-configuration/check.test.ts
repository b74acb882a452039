import { expect, test } from 'vitest'
import { type FakeHostOptions, fakeHost } from '../../../test/support/fake-host.ts'
import { check } from './check.ts'
import { dropInDirectories } from './unit-directories.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const look = (options: FakeHostOptions) => check.look(fakeHost(options), params)
const CONTAINERD = '/etc/systemd/system/cantrip-containerd.service.d/override.conf'
const service = (text: string, path = CONTAINERD) => ({ files: { [path]: `[Service]\n${text}\n` } })
const CNI = '{"cniVersion":"1.0.0","name":"containerd-net","plugins":[{"type":"bridge","bridge":"cni0"}]}'

test.each<[string, FakeHostOptions, RegExp, string]>([
  [
    'another containerd',
    service('ExecStart=\nExecStart=/usr/bin/containerd --config /etc/containerd/old.toml'),
    /override\.conf sets ExecStart= for cantrip-containerd\.service$/,
    `mv ${CONTAINERD} ${CONTAINERD}.disabled && systemctl daemon-reload`,
  ],
  [
    'a kubelet with obsolete flags, in a file with a space in its name',
    service(
      'ExecStart=/usr/bin/kubelet \\\n  --network-plugin=cni',
      '/etc/systemd/system/kubelet.service.d/20 old.conf',
    ),
    /sets ExecStart= for kubelet\.service/,
    "mv '/etc/systemd/system/kubelet.service.d/20 old.conf' '/etc/systemd/system/kubelet.service.d/20 old.conf.disabled' && systemctl daemon-reload",
  ],
  [
    'a drop-in of a package is masked',
    service('User=etcd', '/usr/lib/systemd/system/etcd.service.d/50-user.conf'),
    /sets User= for etcd\.service/,
    'mkdir -p /etc/systemd/system/etcd.service.d && ln -s /dev/null /etc/systemd/system/etcd.service.d/50-user.conf && systemctl daemon-reload',
  ],
  [
    'hardening of every service',
    service('NoNewPrivileges=yes\nPrivateMounts=true', '/etc/systemd/system/service.d/hardening.conf'),
    /sets NoNewPrivileges=, PrivateMounts= for cantrip-containerd\.service, kubelet\.service, etcd\.service/,
    'mv /etc/systemd/system/service.d/hardening.conf /etc/systemd/system/service.d/hardening.conf.disabled && systemctl daemon-reload',
  ],
  [
    'an EnvironmentFile that does not exist',
    service('EnvironmentFile=/etc/kubernetes/kubelet.env', '/etc/systemd/system/kubelet.service.d/30.conf'),
    /EnvironmentFile=\/etc\/kubernetes\/kubelet\.env, which does not exist/,
    'mv /etc/systemd/system/kubelet.service.d/30.conf /etc/systemd/system/kubelet.service.d/30.conf.disabled && systemctl daemon-reload',
  ],
  [
    'set with systemctl set-property, transient',
    service('DeviceAllow=/dev/null rw', '/run/systemd/system.control/cantrip-containerd.service.d/50-DeviceAllow.conf'),
    /sets DeviceAllow=/,
    'mkdir -p /etc/systemd/system/cantrip-containerd.service.d && ln -s /dev/null /etc/systemd/system/cantrip-containerd.service.d/50-DeviceAllow.conf && systemctl daemon-reload',
  ],
  [
    'a transient unit of that name',
    { files: { '/run/systemd/transient/kubelet.service': '[Service]\nExecStart=/usr/bin/sleep 600\n' } },
    /hides the unit/,
    'mv /run/systemd/transient/kubelet.service /run/systemd/transient/kubelet.service.disabled && systemctl daemon-reload',
  ],
  [
    'a network that sorts before',
    { files: { '/etc/cni/net.d/10-containerd-net.conflist': CNI } },
    /10-containerd-net\.conflist sorts before/,
    'mv /etc/cni/net.d/10-containerd-net.conflist /etc/cni/net.d/10-containerd-net.conflist.disabled  # another containerd that runs pods has read it too',
  ],
  [
    'a broken one',
    { files: { '/etc/cni/net.d/00-old.json': '{' } },
    /00-old\.json sorts before/,
    'mv /etc/cni/net.d/00-old.json /etc/cni/net.d/00-old.json.disabled  # another containerd that runs pods has read it too',
  ],
])('%s: a failure', async (_, options, found, fix) => {
  expect(await look(options)).toMatchObject({ kind: 'fail', found: expect.stringMatching(found), fix })
})

test.each<[string, FakeHostOptions, RegExp]>([
  ['when it starts', service('ConditionPathExists=/mnt/disk\nMemoryMax=512M'), /ConditionPathExists=, MemoryMax=/],
  ['where it looks for programs', service('Environment="A=b" PATH=/opt/old/bin'), /sets Environment=/],
  [
    'settings that are not read',
    { files: { '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS=--network-plugin=cni\n' } },
    /\/etc\/default\/kubelet is not read/,
  ],
])('%s: a warning', async (_, options, found) => {
  expect(await look(options)).toMatchObject({ kind: 'warn', found: expect.stringMatching(found) })
})

test.each<[string, FakeHostOptions]>([
  ['limits', service('LimitNOFILE=1048576\nNice=-5\nCPUAffinity=0-1\nOOMScoreAdjust=-999\nTasksMax=infinity')],
  ['a proxy', service('Environment="HTTP_PROXY=http://proxy:3128" "NO_PROXY=10.0.0.0/8"\nEnvironmentFile=-/etc/none')],
  [
    'a setting that the own unit has as well',
    service('Delegate=yes\nKillMode=process\nRestart=always\nExecStartPre=-/sbin/modprobe overlay'),
  ],
  [
    "Fedora's drop-in of all services",
    service('TimeoutStopFailureMode=abort', '/usr/lib/systemd/system/service.d/10-timeout-abort.conf'),
  ],
  ['an order', { files: { [CONTAINERD]: '[Unit]\nAfter=zfs.target\nWants=zfs.target\n' } }],
  ['comments alone', service('# ExecStart=/usr/bin/old\n; User=old')],
  ['a name that systemd does not read', service('ExecStart=/bin/false', `${CONTAINERD}.disabled`)],
  [
    'one that is masked',
    {
      ...service('ExecStart=/bin/false', '/usr/lib/systemd/system/cantrip-containerd.service.d/10-old.conf'),
      links: { '/etc/systemd/system/cantrip-containerd.service.d/10-old.conf': '/dev/null' },
    },
  ],
  [
    "kubeadm's drop-in, which Cantrip's hides",
    service('ExecStart=/usr/bin/kubelet', '/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf'),
  ],
  [
    'a unit of another name',
    service('ExecStart=/usr/bin/dockerd', '/etc/systemd/system/docker.service.d/override.conf'),
  ],
  [
    'networks that sort later',
    { files: { '/etc/cni/net.d/87-podman-bridge.conflist': CNI, '/etc/cni/net.d/nerdctl.conflist': CNI } },
  ],
  ['a network that is switched off', { files: { '/etc/cni/net.d/10-crio-bridge.conflist.disabled': CNI } }],
  ["settings of kubeadm's package that set nothing", { files: { '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS=\n' } }],
  [
    'a containerd of others, with drop-ins, settings and plugins',
    {
      files: {
        '/etc/systemd/system/containerd.service.d/override.conf':
          '[Service]\nExecStart=/usr/bin/containerd -c /etc/old\n',
        '/etc/containerd/conf.d/10-runtime.toml': 'version = 2\n',
        '/opt/nri/plugins/10-tuner': '',
      },
    },
  ],
  [
    'a drop-in of another containerd',
    service('ExecStart=/usr/bin/containerd --config /x', '/etc/systemd/system/containerd.service.d/override.conf'),
  ],
  ['Docker alone', { files: { '/etc/containerd/config.toml': 'disabled_plugins = ["cri"]\n' } }],
])('%s: no harm', async (_, options) => {
  expect(await look(options)).toEqual({ kind: 'pass', found: 'no conflicting configuration' })
})

test('directories for drop-ins of a unit', () => {
  expect(dropInDirectories('cantrip-node-dns.service')).toEqual([
    'cantrip-node-dns.service.d',
    'cantrip-node-.service.d',
    'cantrip-.service.d',
    'service.d',
  ])
  expect(dropInDirectories('kubelet.service')).toEqual(['kubelet.service.d', 'service.d'])
})
