import type { HostView } from '../../host/host.ts'
import { kubeadmPhase } from '../../kubernetes/kubeadm-phase.ts'
import { KUBERNETES } from '../../kubernetes/paths.ts'
import type { ProvisionStep } from '../../kubernetes/provision.ts'

const FILES = ['admin.conf', 'super-admin.conf', 'kubelet.conf', 'controller-manager.conf', 'scheduler.conf']
const paths = FILES.map((name) => `${KUBERNETES}/${name}`)

export const writeKubeconfigs: ProvisionStep = {
  id: 'kubeadm/write-kubeconfigs',
  title: 'Writing kubeconfigs',
  async isDone(host) {
    const whole = await Promise.all(paths.map((path) => isWhole(host, path)))
    return whole.every(Boolean)
  },
  async apply(host, _params, context) {
    for (const path of paths) {
      // What a kill in the middle cut off: kubeadm refuses it, and makes a new one from the authority.
      if (!(await isWhole(host, path))) await host.remove(path)
      await host.expect({ kind: 'remove-path', path })
    }
    const because = 'each file that it writes is named before'
    await kubeadmPhase(host, ['kubeconfig', 'all'], { kind: 'nothing', because }, context)
  },
}

/** Users come last in the file, and a user's key last in the user. */
async function isWhole(host: HostView, path: string): Promise<boolean> {
  const text = await host.read(path)
  if (text === undefined) return false
  const key = /\n\s+client-key(-data)?: (\S+)\n$/.exec(text)
  if (key === null) return false
  return (
    key[1] === undefined ||
    Buffer.from(key[2] ?? '', 'base64')
      .toString()
      .includes('-----END')
  )
}
