import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { CGROUP_MOUNTS } from '../../../test/support/fixtures/cgroups.ts'
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
  ['version 1 that is allowed', CGROUP_MOUNTS.hybrid, '', 'failCgroupV1: false\n', undefined],
  ['version 1 for a Kubernetes that takes it', CGROUP_MOUNTS.hybrid, '', undefined, 'v1.34.4'],
  ['swap that is allowed', CGROUP_MOUNTS.v2, SWAP, 'kind: KubeletConfiguration\nfailSwapOn: false\n', undefined],
])('%s: it goes on', async (_, mounts, swaps, kubelet, version) => {
  const overrides = kubelet === undefined ? {} : { kubelet }
  const fake = machine(mounts, swaps, { overrides, ...(version !== undefined && { kubernetesVersion: version }) })
  expect(await runComponent(kernel, fake)).toEqual(['kernel/load-modules', 'kernel/set-sysctls'])
})

test.each<[string, string, string, string | undefined, object]>([
  [
    'version 1',
    CGROUP_MOUNTS.hybrid,
    '',
    undefined,
    { code: 'kubelet/cgroup-v1', fix: expect.stringContaining('failCgroupV1: false') },
  ],
  [
    'version 1, and something else is allowed',
    CGROUP_MOUNTS.hybrid,
    '',
    'failSwapOn: false\n',
    { code: 'kubelet/cgroup-v1' },
  ],
  ['swap', CGROUP_MOUNTS.v2, SWAP, undefined, { code: 'kubelet/swap-on', fix: expect.stringContaining('swapoff -a') }],
  [
    'parameters of the kernel that nobody here can set',
    CGROUP_MOUNTS.v2 + READ_ONLY,
    '',
    undefined,
    {
      code: 'kubelet/read-only-parameters',
      fix: 'on the machine around this container: sysctl -w vm.overcommit_memory=1',
    },
  ],
])('%s: it ends before anything is done', async (_, mounts, swaps, kubelet, error) => {
  const fake = machine(mounts, swaps, { overrides: kubelet === undefined ? {} : { kubelet } })
  await expect(runComponent(kernel, fake)).rejects.toMatchObject(error)
  expect(fake.host.changes).toEqual([])
})
