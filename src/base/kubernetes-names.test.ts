import { expect, test } from 'vitest'
import { isLinkOfKubernetes, isPodChain, isPodLink, mayBePodLink } from './kubernetes-names.ts'

test.each([
  // name, of an installed pod network, of any pod network, by its prefix
  ['cni0', true, true, true],
  ['flannel.1', true, true, true],
  ['cali0123456789a', true, true, true],
  ['lxc0123456789ab', true, true, true],
  ['vxlan.calico', true, true, true],
  ['nodelocaldns', false, true, true],
  ['flannel-wg', false, true, true],
  ['antrea-gw0', false, true, true],
  // Created by the kernel for Calico.
  ['tunl0', false, false, true],
  ['cali-lan', false, false, true],
  ['lxcbr0', false, false, false],
  ['lxdbr0', false, false, false],
  ['docker0', false, false, false],
  ['cni-podman0', false, false, false],
  ['eth0', false, false, false],
])('link %s', (name, installed, any, likely) => {
  expect([isPodLink(name), isLinkOfKubernetes(name), mayBePodLink(name)]).toEqual([installed, any, likely])
})

test.each([
  ['KUBE-SERVICES', true],
  ['KUBE-EXTERNAL-SERVICES', true],
  ['KUBE-NODE-PORT', true],
  ['KUBE-PROXY-FIREWALL', true],
  ['KUBE-SOURCE-RANGES-FIREWALL', true],
  ['KUBE-IPVS-FILTER', true],
  ['KUBE-IPVS-OUT-FILTER', true],
  ['KUBE-MARK-MASQ', true],
  ['KUBE-SVC-ERIFXISQEP7F7OF4', true],
  ['KUBE-SVC-MINE', false],
  ['KUBE-ALLOW', false],
  // Of kube-router, which Cantrip does not install: the check reports them, undo keeps them.
  ['KUBE-ROUTER-INPUT', false],
  ['FLANNEL-POSTRTG', true],
  ['CNI-0123456789abcdef01234567', true],
  ['CNI-DN-0123456789abcdef01234', true],
  ['CNI-HOSTPORT-MASQ', true],
  // Of the plugin `firewall`, which podman uses.
  ['CNI-FORWARD', false],
  ['CILIUM_PRE_mangle', true],
  ['OLD_CILIUM_POST_nat', true],
  ['CILIUM_ALLOW', false],
])('chain %s of an installed pod network: %s', (name, wanted) => {
  expect(isPodChain(name)).toBe(wanted)
})

test('only chains with the prefixes of the record', () => {
  expect(isPodChain('FLANNEL-FWD', ['KUBE-'])).toBe(false)
  expect(isPodChain('KUBE-FORWARD', ['KUBE-', 'cali-'])).toBe(true)
})
