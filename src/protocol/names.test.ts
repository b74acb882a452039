import { expect, it } from 'vitest'
import { HostPort } from './names.ts'

it.each([
  ['lb:6443', true],
  ['api.example.org:443', true],
  ['10.0.0.1:6443', true],
  ['[fd00::5]:6443', true],
  ['9to5.example:65535', true],
  ['API.example.org:6443', false],
  ['api.example.org:0', false],
  ['api.example.org:99999', false],
  ['api.example.org:06443', false],
  ['api.example.org', false],
  ['api..org:6443', false],
  ['-api:6443', false],
  ['api_1:6443', false],
  ['10.0.0.300:6443', false],
  ['[fd00::5::]:6443', false],
  ['fd00::5:6443', false],
  [`${'a'.repeat(64)}:6443`, false],
  ['https://api:6443', false],
])('%s is what kubeadm takes as an endpoint: %s', (text, isTaken) => {
  expect(HostPort.safeParse(text).success).toBe(isTaken)
})
