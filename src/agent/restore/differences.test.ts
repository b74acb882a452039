import { expect, test } from 'vitest'
import { type FakeHostOptions, fakeHost } from '../../../test/support/fake-host.ts'
import type { Undo } from '../../host/undo.ts'
import { differencesAfter } from './differences.ts'

const differences = (machine: FakeHostOptions, ...undos: Undo[]) =>
  differencesAfter(
    undos.map((undo, index) => ({
      kind: 'change',
      seq: index + 1,
      run: 'r',
      step: 's',
      change: 'file',
      what: 'x',
      undo,
    })),
    fakeHost(machine).machine,
  )

const restore: Undo = { kind: 'restore-file', path: '/etc/a', backup: '/b/a', mode: 0o644, uid: 0, gid: 0, mtimeMs: 0 }

test.each<[string, FakeHostOptions, Undo]>([
  ['a removed file', {}, { kind: 'remove-path', path: '/etc/a' }],
  ['an empty directory', { directories: ['/opt/a'] }, { kind: 'empty-directory', path: '/opt/a' }],
  ['a restored file', { files: { '/etc/a': 'old', '/b/a': 'old' } }, restore],
  ['a restored link', { links: { '/etc/l': 'there' } }, { kind: 'restore-link', path: '/etc/l', target: 'there' }],
  ['a sysctl', { sysctls: { 'net.a': '1\t2' } }, { kind: 'sysctl', key: 'net.a', before: '1 2' }],
  ['the hostname', { hostname: 'one' }, { kind: 'hostname', before: 'one' }],
  [
    'a stopped unit',
    { units: { 'a.service': { active: false, enabled: false } } },
    { kind: 'unit', unit: 'a.service', before: { active: false, enabled: false } },
  ],
])('no difference: %s', async (_, machine, undo) => {
  expect(await differences(machine, undo)).toEqual([])
})

test.each<[string, FakeHostOptions, Undo, string]>([
  ['a file that was not removed', { files: { '/etc/a': 'x' } }, { kind: 'remove-path', path: '/etc/a' }, '/etc/a'],
  [
    'a directory that is not empty',
    { files: { '/opt/a/b': 'x' } },
    { kind: 'empty-directory', path: '/opt/a' },
    '/opt/a',
  ],
  ['different content', { files: { '/etc/a': 'new', '/b/a': 'old' } }, restore, '/etc/a'],
  ['a lost file', { files: { '/b/a': 'old' } }, restore, '/etc/a'],
  [
    'another link',
    { links: { '/etc/l': 'here' } },
    { kind: 'restore-link', path: '/etc/l', target: 'there' },
    '/etc/l',
  ],
  ['another sysctl', { sysctls: { 'net.a': '2' } }, { kind: 'sysctl', key: 'net.a', before: '1' }, 'net.a'],
  ['another hostname', { hostname: 'two' }, { kind: 'hostname', before: 'one' }, 'hostname'],
  [
    'a running unit',
    { units: { 'a.service': { active: true } } },
    { kind: 'unit', unit: 'a.service', before: { active: false } },
    'a.service',
  ],
])('a difference: %s', async (_, machine, undo, what) => {
  const found = await differences(machine, undo)
  expect(found).toEqual([expect.objectContaining({ what })])
  expect(found[0]?.fix).not.toBe('')
})

test('of several changes of one thing, the oldest has the original state', async () => {
  const machine: FakeHostOptions = { files: { '/b/a': 'in between' } }
  expect(await differences(machine, { kind: 'remove-path', path: '/etc/a' }, restore)).toEqual([])
})

test('a file in a directory that Cantrip created did not exist before', async () => {
  const tree: Undo = { kind: 'remove-tree', path: '/etc/k' }
  const below: Undo = { ...restore, path: '/etc/k/a' }
  expect(await differences({ files: { '/b/a': 'made by kubeadm' } }, tree, below)).toEqual([])
  expect(await differences({ files: { '/b/a': 'was there' } }, below, tree)).toHaveLength(1)
})
