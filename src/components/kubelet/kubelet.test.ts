import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { STANDARD } from '../../base/layout.ts'
import { kubelet } from './component.ts'
import { dropIn } from './templates.ts'

test('is installed, and neither enabled nor started before the undo of what it creates is recorded', async () => {
  const fake = fakeKubernetes()
  await runComponent(kubelet, fake)
  const wants = '/etc/systemd/system/multi-user.target.wants/kubelet.service'
  expect(await fake.host.readLink(wants)).toBe(undefined)
  expect(fake.host.units.get('kubelet.service')?.active ?? false).toBe(false)
})

test('the drop-in reads what kubeadm writes, and nothing of an earlier Kubernetes', () => {
  const start = dropIn(STANDARD)
    .split('\n')
    .findLast((line) => line.startsWith('ExecStart='))
  expect(start).toMatch(/--kubeconfig=\/etc\/kubernetes\/kubelet\.conf --config=\/var\/lib\/kubelet\/config\.yaml /)
  expect(start?.match(/\$\w+/g)).toEqual(['$KUBELET_KUBEADM_ARGS'])
  expect(dropIn(STANDARD).match(/^EnvironmentFile=.*$/gm)).toEqual([
    'EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env',
  ])
})
