import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { CGROUP_MOUNTS } from '../../../test/support/fixtures/cgroups.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { kernel } from './component.ts'

const READ_ONLY = '90 24 0:22 /sys /proc/sys ro,nosuid,nodev,noexec,relatime - proc proc rw\n'
const SWAP = 'Filename\t\tType\t\tSize\t\tUsed\t\tPriority\n/swap.img  file\t\t2097148\t\t0\t\t-2\n'

function machine(mounts: string, swaps: string, cluster: Parameters<typeof fakeKubernetes>[0]) {
  const fake = fakeKubernetes(cluster)
  fake.host.files.seed('/proc/self/mountinfo', mounts)
  fake.host.files.seed('/proc/swaps', swaps)
  return fake
}

test.each<[string, string, string, string | undefined, string | undefined]>([
  ['version 2 and no swap', CGROUP_MOUNTS.v2, '', undefined, undefined],
  ['version 1 for a Kubernetes that takes it', CGROUP_MOUNTS.hybrid, '', undefined, 'v1.34.4'],
  ['swap that is allowed', CGROUP_MOUNTS.v2, SWAP, 'kind: KubeletConfiguration\nfailSwapOn: false\n', undefined],
])('%s: the run continues', async (_, mounts, swaps, kubelet, version) => {
  const overrides = kubelet === undefined ? {} : { kubelet }
  const fake = machine(mounts, swaps, { overrides, ...(version !== undefined && { kubernetesVersion: version }) })
  expect(await runComponent(kernel, fake)).toEqual(['kernel/load-modules', 'kernel/set-sysctls'])
})

/** Both are needed: a check of kubeadm refuses version 1 regardless of the kubelet configuration. */
const ALLOW_VERSION_1 = /failCgroupV1: false .*ignorePreflightErrors: \[SystemVerification\]/

test.each<[string, string, string, string | undefined, object]>([
  [
    'version 1',
    CGROUP_MOUNTS.hybrid,
    '',
    undefined,
    { code: 'kubelet/cgroup-v1', fix: expect.stringMatching(ALLOW_VERSION_1) },
  ],
  [
    'version 1, allowed for the kubelet alone',
    CGROUP_MOUNTS.hybrid,
    '',
    'failCgroupV1: false\n',
    {
      code: 'kubelet/cgroup-v1',
      message: expect.stringContaining('kubeadm'),
      fix: expect.stringMatching(ALLOW_VERSION_1),
    },
  ],
  [
    'version 1, and something else is allowed',
    CGROUP_MOUNTS.hybrid,
    '',
    'failSwapOn: false\n',
    { code: 'kubelet/cgroup-v1' },
  ],
  [
    'swap',
    CGROUP_MOUNTS.v2,
    SWAP,
    undefined,
    { code: 'kubelet/swap-on', fix: expect.stringContaining('agent precheck') },
  ],
  [
    'parameters of the kernel that nobody here can set',
    CGROUP_MOUNTS.v2 + READ_ONLY,
    '',
    undefined,
    {
      code: 'kubelet/read-only-parameters',
      fix: 'on the host of this container: sysctl -w vm.overcommit_memory=1',
    },
  ],
])('%s: the run fails before any change', async (_, mounts, swaps, kubelet, error) => {
  const fake = machine(mounts, swaps, { overrides: kubelet === undefined ? {} : { kubelet } })
  await expect(runComponent(kernel, fake)).rejects.toMatchObject(error)
  expect(fake.host.changes).toEqual([])
})

const REGISTRATION = 'nodeRegistration: {ignorePreflightErrors: [SystemVerification]}\n'

test.each<[string, ProvisionParams['task'], string, boolean]>([
  ['the first master', 'first-master', `kind: InitConfiguration\n${REGISTRATION}`, true],
  [
    'the first master, by any name',
    'first-master',
    REGISTRATION.replace('SystemVerification', 'systemverification'),
    true,
  ],
  ['the first master, with all errors', 'first-master', REGISTRATION.replace('SystemVerification', 'all'), true],
  ['a joining node, as for the first', 'worker', REGISTRATION, true],
  ['a joining node alone', 'master', `kind: JoinConfiguration\n${REGISTRATION}`, true],
  ['the first master, not as for a joining node', 'first-master', `kind: JoinConfiguration\n${REGISTRATION}`, false],
  [
    'a joining node, which is set otherwise',
    'worker',
    `${REGISTRATION}---\n${REGISTRATION.replace('System', '')}`,
    false,
  ],
])('version 1, allowed for kubelet and kubeadm, on %s', async (_, task, kubeadm, isAllowed) => {
  const overrides = { kubelet: 'failCgroupV1: false\n', kubeadm }
  const fake = machine(CGROUP_MOUNTS.hybrid, '', { overrides })
  fake.params.task = task
  const run = runComponent(kernel, fake)
  if (isAllowed) expect(await run).toContain('kernel/set-sysctls')
  else await expect(run).rejects.toMatchObject({ code: 'kubelet/cgroup-v1' })
})

test.each<[string, string | undefined, number, string | undefined]>([
  ['more than the thresholds of a kubelet', undefined, 16, undefined],
  ['less than those', undefined, 12, 'kubelet/disk-pressure'],
  [
    'less, and the cluster has lower ones',
    'evictionHard: {imagefs.available: 1Gi, nodefs.available: 5%}\n',
    12,
    undefined,
  ],
  ['less than those of the cluster', 'evictionHard: {imagefs.available: 20Gi}\n', 12, 'kubelet/disk-pressure'],
  ['a threshold of its own for memory alone', 'evictionHard: {memory.available: 1Gi}\n', 12, undefined],
  [
    'one for memory, merged with the defaults',
    'evictionHard: {memory.available: 1Gi}\nmergeDefaultEvictionSettings: true\n',
    12,
    'kubelet/disk-pressure',
  ],
])('a disk of 100 GiB with %s', async (_, kubelet, freeGib, code) => {
  const fake = machine(CGROUP_MOUNTS.v2, '', { overrides: kubelet === undefined ? {} : { kubelet } })
  fake.host.setDisk({ totalBytes: 100 * 2 ** 30, freeBytes: freeGib * 2 ** 30 })
  const run = runComponent(kernel, fake)
  if (code === undefined) expect(await run).toContain('kernel/set-sysctls')
  else await expect(run).rejects.toMatchObject({ code, message: expect.stringContaining('12.0 % is free') })
})

test('a disk that fills after the kubelet started does not stop a run', async () => {
  const fake = machine(CGROUP_MOUNTS.v2, '', {})
  fake.host.setDisk({ totalBytes: 100 * 2 ** 30, freeBytes: 2 ** 30 })
  fake.host.files.seed('/etc/kubernetes/kubelet.conf', '')
  expect(await runComponent(kernel, fake)).toContain('kernel/set-sysctls')
})

test('inodes count as well if the file system reports them', async () => {
  const fake = machine(CGROUP_MOUNTS.v2, '', {})
  fake.host.setDisk({ totalInodes: 1000, freeInodes: 40 })
  await expect(runComponent(kernel, fake)).rejects.toMatchObject({ code: 'kubelet/disk-pressure' })
  fake.host.setDisk({ totalInodes: 0, freeInodes: 0 })
  expect(await runComponent(kernel, fake)).toContain('kernel/set-sysctls')
})
