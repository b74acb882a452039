import { expect, test } from 'vitest'
import { type FakeHostOptions, fakeHost } from '../../../../../test/support/fake-host.ts'
import type { FakeMachine } from '../../../../../test/support/fake-machine.ts'
import type { Undo } from '../../../../host/undo.ts'
import { carryOut } from '../../carry-out.ts'

const sceneOf = (options: FakeHostOptions) => fakeHost(options).machine
const POD = (digit: number) => `cni-${digit}8dc8ea8-7f3c-4b0a-9d0e-1c2b3a4d5e6f`
const DATABASE = ['grep', '--text', '--only-matching', '-E']
const record = (name: string, networkName: string) =>
  JSON.stringify({ kind: 'cniCacheV1', networkName, netns: `/var/run/netns/${name}` })
const CNI = '/var/lib/cni'
const cniFiles = (machine: FakeMachine) =>
  Object.keys(machine.files.snapshot()).filter(
    (path) => path.startsWith(`${CNI}/`) && machine.files.stat(path)?.kind !== 'directory',
  )

test("of two containerds with CRI, Cantrip's is recognized by its database; the other's records and addresses stay", async () => {
  const files = {
    [`${CNI}/results/site-a-eth0`]: record(POD(1), 'site'),
    [`${CNI}/results/neighbour-net-b-eth0`]: record(POD(2), 'neighbour-net'),
    [`${CNI}/results/shared-c-eth0`]: record(POD(1), 'shared'),
    [`${CNI}/results/shared-d-eth0`]: record(POD(2), 'shared'),
    [`${CNI}/results/cbr0-mine-e-eth0`]: record(POD(2), 'cbr0-mine'),
    [`${CNI}/networks/site/10.1.0.2`]: '',
    [`${CNI}/networks/neighbour-net/10.2.0.2`]: '',
    [`${CNI}/networks/shared/10.3.0.2`]: '',
  }
  const foreign = Object.keys(files).filter((path) => !/site|shared-c/.test(path))
  const machine = sceneOf({ files, directories: [POD(1), POD(2)].map((name) => `/run/netns/${name}`) })
  machine.on(DATABASE, (argv) => ({
    stdout: argv.at(-1)?.startsWith('/var/lib/cantrip-containerd/') ? `${POD(1)}\n` : `${POD(2)}\n`,
  }))
  machine.on(['ip', 'netns', 'pids'], {})
  machine.on(['ip', '-force'], (_argv, { stdin = '' }) => {
    for (const [, name] of stdin.matchAll(/delete (\S+)/g)) machine.files.deleteTree(`/run/netns/${name}`, false)
    return {}
  })
  const containerd = '/var/lib/cantrip-containerd'
  await carryOut({ kind: 'remove-network-namespaces', names: ['cni-*'], containerd }, machine)
  expect(machine.files.list('/run/netns')).toEqual([POD(2)])
  const result = await carryOut({ kind: 'remove-tree', path: CNI, containerd }, machine)
  expect(cniFiles(machine).sort()).toEqual(foreign.sort())
  expect(result?.kept).toContain(`${CNI}/networks (of another container engine)`)
})

test('removes records that an earlier try found, even if the database is gone; that try records them first', async () => {
  const files = {
    [`${CNI}/results/site-a-eth0`]: record(POD(1), 'site'),
    [`${CNI}/networks/site/10.1.0.2`]: '',
    [`${CNI}/flannel/a`]: '',
  }
  const undo: Undo = { kind: 'remove-tree', path: CNI, containerd: '/var/lib/cantrip-containerd' }
  const first = sceneOf({ files })
  first.on(DATABASE, { stdout: `${POD(1)}\n` })
  first.unlink = async () => {
    throw new Error('power cut')
  }
  const known: string[] = []
  const found = { known: [], record: async (names: string[]) => void known.push(...names) }
  await expect(carryOut(undo, first, found)).rejects.toThrow('power cut')
  const second = sceneOf({ files })
  await carryOut(undo, second, { known, record: found.record })
  expect(second.files.get(CNI)).toBeUndefined()
  expect(known).toHaveLength(3)
})

test.each([
  ['leads out of the directory', { networkName: '../../../../../srv/data', netns: `/run/netns/${POD(1)}` }],
  ['is the parent directory', { networkName: '..', netns: `/run/netns/${POD(1)}` }],
  ['is empty', { networkName: '', netns: `/run/netns/${POD(1)}` }],
  ['is not a string', { networkName: ['srv'], netns: `/run/netns/${POD(1)}` }],
  ['has no namespace', { networkName: 'srv', netns: null }],
  ['is null', null],
])('ignores a record whose network %s', async (_, content) => {
  const machine = sceneOf({
    files: {
      [`${CNI}/results/x-eth0`]: JSON.stringify(content),
      [`${CNI}/networks/other/10.0.0.2`]: '',
      '/srv/data/precious': '',
    },
  })
  machine.on(DATABASE, { stdout: `${POD(1)}\n` })
  await carryOut({ kind: 'remove-tree', path: CNI, containerd: '/var/lib/cantrip-containerd' }, machine)
  expect(machine.files.get('/srv/data/precious')).toBeDefined()
  expect(cniFiles(machine)).toEqual([`${CNI}/networks/other/10.0.0.2`, `${CNI}/results/x-eth0`])
})

test.each(['networks', 'results', 'cache', 'flannel'])('a link instead of %s is not followed', async (name) => {
  const machine = sceneOf({
    files: {
      [`${CNI}/cache/results/site-a-eth0`]: record(POD(1), 'data'),
      '/srv/data/precious': '',
      '/srv/cbr0-a-eth0': '',
      '/srv/results/cbr0-b-eth0': '',
    },
  })
  machine.files.deleteTree(`${CNI}/${name}`, false)
  machine.files.seedLink(`${CNI}/${name}`, '/srv')
  machine.on(DATABASE, { stdout: `${POD(1)}\n` })
  const result = await carryOut({ kind: 'remove-tree', path: CNI, containerd: '/var/lib/cantrip-containerd' }, machine)
  for (const path of ['/srv/data/precious', '/srv/cbr0-a-eth0', '/srv/results/cbr0-b-eth0'])
    expect(machine.files.get(path), path).toBeDefined()
  expect(result?.kept).toContain(`${CNI}/${name}`)
})
