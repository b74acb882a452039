/** Faults in configuration files and in the kernel's interfaces. After the printed fix the check passes, and a drop-in file next to it is unchanged. */
import assert from 'node:assert/strict'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { changeFile, checked, type Verdict } from './checked-node.ts'

interface Fault {
  title: string
  check: string
  verdict: Verdict['verdict']
  found: RegExp
  plant(node: Node): Promise<void>
  clean(node: Node): Promise<void>
}

const LIMITS = '/etc/systemd/system/cantrip-containerd.service.d/10-limits.conf'
const LIMITS_TEXT = '[Service]\nLimitNOFILE=1048576\nNice=-5\nEnvironment=HTTPS_PROXY=http://192.0.2.80:3128\n'
const CNI = '{"cniVersion":"1.0.0","name":"containerd-net","plugins":[{"type":"bridge","bridge":"cni0"}]}'

const put = (path: string, text: string) => async (node: Node) => void (await changeFile(node, path, text))
const sh =
  (...lines: string[]) =>
  async (node: Node) => {
    for (const line of lines) await execOk(node, ['sh', '-c', line])
  }

function file(path: string, text: string, found: RegExp, verdict: Verdict['verdict'] = 'fail'): Fault {
  const clean = (node: Node) => execOk(node, ['rm', '-f', path, `${path}.disabled`]).then(() => undefined)
  return { title: path, check: 'foreign-configuration', verdict, found, plant: put(path, text), clean }
}

const FAULTS: readonly Fault[] = [
  file(
    '/etc/systemd/system/cantrip-containerd.service.d/override.conf',
    '[Service]\nExecStart=\nExecStart=/usr/bin/containerd --config /etc/containerd/old.toml\n',
    /override\.conf sets ExecStart= for cantrip-containerd\.service/,
  ),
  file(
    "/etc/systemd/system/kubelet.service.d/20 it's old.conf",
    '[Service]\nExecStart=\nExecStart=/usr/bin/kubelet --network-plugin=cni\n',
    /sets ExecStart= for kubelet\.service/,
  ),
  file('/etc/systemd/system/service.d/hard.conf', '[Service]\nPrivateMounts=yes\n', /sets PrivateMounts=/),
  {
    ...file(
      '/usr/lib/systemd/system/etcd.service.d/user.conf',
      '[Service]\nUser=etcd\n',
      /sets User= for etcd\.service/,
    ),
    clean: sh('rm -r /etc/systemd/system/etcd.service.d /usr/lib/systemd/system/etcd.service.d'),
  },
  file('/run/systemd/transient/kubelet.service', '[Service]\nExecStart=/usr/bin/sleep 600\n', /hides the unit/),
  file('/etc/cni/net.d/10-containerd-net.conflist', CNI, /10-containerd-net\.conflist sorts before/),
  file('/etc/cni/net.d/00-broken.conf', '{', /00-broken\.conf sorts before/),
  file('/etc/default/kubelet', 'KUBELET_EXTRA_ARGS=--network-plugin=cni\n', /kubelet is not read/, 'warn'),
  {
    title: 'no /dev/kmsg',
    check: 'kernel-access',
    verdict: 'fail',
    found: /no \/dev\/kmsg/,
    plant: sh('umount --lazy /dev/kmsg && rm /dev/kmsg'),
    clean: sh('rm /etc/tmpfiles.d/kmsg.conf'),
  },
  {
    title: 'kernel parameters that cannot be set',
    check: 'kernel-access',
    verdict: 'fail',
    found: /\/proc\/sys is read-only/,
    plant: sh('mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys'),
    clean: sh('umount /proc/sys'),
  },
  {
    title: 'a private root',
    check: 'kernel-access',
    verdict: 'warn',
    found: /mounts under \/ are not shared/,
    plant: sh('mount --make-private /'),
    clean: sh('mount --make-rshared /'),
  },
]

export async function configurationFaultsAreFixed(node: Node): Promise<void> {
  await changeFile(node, LIMITS, LIMITS_TEXT)
  const before = (await checked(node)).of('foreign-configuration')
  assert.equal(before.verdict, 'pass', `limits and a proxy do no harm: ${before.found}`)
  for (const fault of FAULTS) {
    await fault.plant(node)
    const seen = (await checked(node)).of(fault.check)
    assert.equal(seen.verdict, fault.verdict, `${fault.title}: ${seen.found}`)
    assert.match(seen.found, fault.found)
    const pasted = await exec(node, ['sh', '-c', seen.fix ?? ''])
    assert.equal(pasted.code, 0, `${fault.title}: ${seen.fix}\n${pasted.stderr}`)
    const after = (await checked(node)).of(fault.check)
    assert.equal(after.verdict, 'pass', `${fault.title}, after ${seen.fix}: ${after.found}`)
    assert.equal(await execOk(node, ['cat', LIMITS]), LIMITS_TEXT)
    await fault.clean(node)
  }
  await execOk(node, ['rm', LIMITS])
}
