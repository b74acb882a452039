import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { kubelet } from './component.ts'
import { dropIn } from './templates.ts'

test('is installed, and neither enabled nor started before there is on record what it will leave', async () => {
  const fake = fakeKubernetes()
  await runComponent(kubelet, fake)
  const wants = '/etc/systemd/system/multi-user.target.wants/kubelet.service'
  expect(await fake.host.readLink(wants)).toBe(undefined)
  expect(fake.host.units.get('kubelet.service')?.active ?? false).toBe(false)
})

test('the drop-in reads what kubeadm writes, in the order of its packages', () => {
  const start = dropIn()
    .split('\n')
    .findLast((line) => line.startsWith('ExecStart='))
  expect(start).toBe(
    'ExecStart=/usr/local/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS',
  )
  expect(dropIn()).toContain('EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env')
})
