import { expect, it } from 'vitest'
import { admitSubnets } from './subnets.ts'

it.each([
  ['10.244.0.0/16', '10.96.0.0/12', undefined],
  ['fd00:1::/64', 'fd00:2::/112', undefined],
  ['10.96.0.0/16', '10.96.0.0/12', 'subnet/overlap'],
  ['10.0.0.0/8', '10.96.0.0/12', 'subnet/overlap'],
  ['10.244.0.0/16', 'fd00::/112', 'subnet/mixed'],
  ['10.244.0.0/33', '10.96.0.0/12', 'subnet/invalid'],
  ['10.244.0/16', '10.96.0.0/12', 'subnet/invalid'],
  ['10.244.0.0/30', '10.96.0.0/12', 'subnet/invalid'],
])('pods %s and services %s: %s', (podSubnet, serviceSubnet, code) => {
  const admit = () => admitSubnets({ podSubnet, serviceSubnet })
  if (code === undefined) expect(admit).not.toThrow()
  else expect(admit).toThrow(expect.objectContaining({ code, exitCode: 2 }))
})
