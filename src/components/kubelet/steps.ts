import { KUBELET_UNIT, UNITS } from '../../base/kubernetes-paths.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { dropIn, unit } from './templates.ts'

const UNIT = `${UNITS}/${KUBELET_UNIT}`
const DROP_IN = `${UNITS}/${KUBELET_UNIT}.d/10-kubeadm.conf`

export const writeUnit: ProvisionStep = {
  id: 'kubelet/write-unit',
  title: 'Configuring the kubelet service',
  async isDone(host) {
    return (await host.read(UNIT)) === unit(host.layout) && (await host.read(DROP_IN)) === dropIn(host.layout)
  },
  async apply(host) {
    await host.write(UNIT, unit(host.layout))
    await host.write(DROP_IN, dropIn(host.layout))
  },
}
