import { expect, test } from 'vitest'
import { type FakeKubernetes, fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { carryOut } from '../../ledger/undo/carry-out.ts'
import { storage } from './component.ts'
import { volumesOf } from './volumes.ts'

const STEPS = ['storage/make-file-systems', 'storage/mount-volumes']

interface Disk {
  uuid?: string
  type?: string
  /** It was mounted at some time. */
  isUsed?: true
  /** It cannot be read. */
  isBroken?: true
  /** What wipefs finds, although blkid finds nothing. */
  signature?: string
}

/** A machine with an empty disk vdb, chosen for storage, and others by name. */
function machine(others: Record<string, Disk> = {}, chosen = ['/dev/vdb']) {
  const fake = fakeKubernetes()
  const disks: Record<string, Disk> = { vdb: {}, ...others }
  for (const [index, name] of Object.keys(disks).entries()) {
    fake.host.files.seed(`/dev/${name}`, '')
    fake.host.files.seed(`/sys/block/${name}/dev`, `254:${16 * (index + 1)}\n`)
  }
  fake.host.files.seed('/proc/self/mountinfo', '20 1 254:0 / / rw - ext4 /dev/vda rw\n')
  fake.params.node.disks = chosen
  answer(fake, disks)
  const { setUnit } = fake.host.machine
  fake.host.machine.setUnit = async (unit, wanted) => {
    await setUnit(unit, wanted)
    if (wanted.active) mounted(fake)
  }
  return { fake, disks }
}

function answer({ host }: FakeKubernetes, disks: Record<string, Disk>): void {
  const named = (device = '') => disks[device.replace('/dev/', '')] ?? {}
  host.on(['blkid', '--output', 'device'], (argv) => {
    const found = Object.entries(disks).filter(([, { uuid }]) => argv.at(-1) === `UUID=${uuid}`)
    return found.length > 0 ? { stdout: found.map(([name]) => `/dev/${name}\n`).join('') } : { exitCode: 2 }
  })
  host.on(['dumpe2fs', '-h'], (argv) => {
    const { isUsed = false } = named(argv.at(-1))
    return { stdout: `Last mount time:          ${isUsed ? 'Tue Dec  1 05:00:00 2026' : 'n/a'}\n` }
  })
  host.on(['blkid', '--probe'], (argv) => {
    const { uuid, type } = named(argv.at(-1))
    return type ? { stdout: `UUID=${uuid ?? 'other'}\nTYPE=${type}\n` } : { exitCode: 2 }
  })
  host.on(['wipefs', '--no-act'], (argv) => {
    const { signature = '', isBroken } = named(argv.at(-1))
    return isBroken ? { exitCode: 1, stderr: 'Input/output error' } : { stdout: signature }
  })
  host.on(['wipefs', '--all'], (argv) => {
    disks[(argv.at(-1) ?? '').replace('/dev/', '')] = {}
    return {}
  })
  host.on(['mkfs.ext4', '-V'], {})
  host.on(['mkfs.ext4', '-q'], (argv) => {
    Object.assign(named(argv.at(-1)), { uuid: argv[3], type: 'ext4' })
    return {}
  })
  host.on(['lsattr'], { stdout: '--------------e------- x\n' })
  host.on(['chattr'], {})
}

/** What systemd does when it starts the unit. */
function mounted({ host, params }: FakeKubernetes): void {
  const lines = volumesOf(params).map(({ path }, index) => `${30 + index} 20 254:16 / ${path} rw - ext4 /dev/vdb rw\n`)
  host.files.seed('/proc/self/mountinfo', `20 1 254:0 / / rw - ext4 /dev/vda rw\n${lines.join('')}`)
}

const made = ({ host }: FakeKubernetes) =>
  host.calls.filter(([program, option]) => program === 'mkfs.ext4' && option === '-q')

test('a node without disks for storage has no steps', () => {
  expect(storage.steps(fakeKubernetes().params)).toEqual([])
})

test('an empty disk gets a file system, which a unit mounts before the kubelet; a second run does nothing', async () => {
  const { fake } = machine()
  expect(await runComponent(storage, fake)).toEqual(STEPS)
  const [volume] = volumesOf(fake.params)
  const unit = fake.host.text(`/etc/systemd/system/${volume?.unit}`)
  expect(unit).toContain('Before=kubelet.service')
  // In a machine without udev's links.
  expect(unit).toContain(`What=UUID=${volume?.uuid}\n`)
  expect(fake.host.calls).toContainEqual(['chattr', '+i', volume?.path])
  expect(await runComponent(storage, fake)).toEqual([])
  expect(made(fake)).toHaveLength(1)
})

test('the first disk is where the add-on for volumes looks, and others are beside it', () => {
  const { fake } = machine({}, ['/dev/vdb', '/dev/vdc'])
  const [first, second] = volumesOf(fake.params)
  expect([first?.path, first?.unit]).toEqual(['/var/lib/cantrip-volumes', 'var-lib-cantrip\\x2dvolumes.mount'])
  expect(second?.path).toMatch(/^\/var\/lib\/cantrip-volumes-[0-9a-f]{8}$/)
  // As systemd-escape writes it.
  expect(second?.unit).toMatch(/^var-lib-cantrip\\x2dvolumes\\x2d[0-9a-f]{8}\.mount$/)
})

test('a disk that has another name after a boot is found by its file system', async () => {
  const { fake, disks } = machine()
  await runComponent(storage, fake)
  disks.vdc = disks.vdb ?? {}
  disks.vdb = {}
  fake.host.files.seed('/sys/block/vdc/dev', '254:16\n')
  fake.host.files.seed('/sys/block/vdb/dev', '254:32\n')
  expect(await runComponent(storage, fake)).toEqual([])
  expect(disks.vdb).toEqual({})
})

test.each<[string, Disk | undefined, (fake: FakeKubernetes) => void, string]>([
  ['a file system', { type: 'xfs' }, () => undefined, 'contains xfs'],
  [
    'a signature that blkid does not report',
    { signature: 'vdb 0x218 LVM2_member abc' },
    () => undefined,
    'contains LVM2_member',
  ],
  ['errors when it is read', { isBroken: true }, () => undefined, 'cannot be read'],
  ['partitions', {}, ({ host }) => host.files.seedDirectory('/sys/block/vdb/vdb1'), 'has partitions'],
  ['holders', {}, ({ host }) => host.files.seedDirectory('/sys/block/vdb/holders/dm-0'), 'is part of dm-0'],
  [
    'a mount',
    {},
    ({ host }) => host.files.seed('/proc/self/mountinfo', '33 1 254:16 / /data rw - ext4 /dev/vdb rw\n'),
    'is mounted on /data',
  ],
  ['swap', {}, ({ host }) => host.files.seed('/proc/swaps', 'Filename Type\n/dev/vdb partition 9 0 -2\n'), 'is swap'],
])('a disk with %s is refused, and nothing is changed', async (_, disk, prepare, why) => {
  const { fake, disks } = machine({ vdb: disk ?? {} })
  prepare(fake)
  const before = structuredClone(disks)
  await expect(runComponent(storage, fake)).rejects.toMatchObject({
    code: 'storage/not-empty',
    message: expect.stringContaining(why),
  })
  expect(disks).toEqual(before)
  expect(fake.host.changes).toEqual([])
})

test('all disks are looked at before the first is changed', async () => {
  const { fake } = machine({ vdc: { type: 'ext4' } }, ['/dev/vdb', '/dev/vdc'])
  await expect(runComponent(storage, fake)).rejects.toMatchObject({ code: 'storage/not-empty' })
  expect(made(fake)).toEqual([])
})

test('a disk that is gone is one clear error', async () => {
  const { fake } = machine({}, ['/dev/vdx'])
  await expect(runComponent(storage, fake)).rejects.toMatchObject({ code: 'storage/no-disk' })
})

test.each(['nothing yet', 'the file system'])(
  'a run that was killed while it made a file system makes it again: the disk has %s',
  async (state) => {
    const { fake, disks } = machine()
    const [volume] = volumesOf(fake.params)
    if (!volume) throw new Error('no volume')
    fake.host.files.seed(volume.begun, '')
    if (state === 'the file system') disks.vdb = { uuid: volume.uuid, type: 'ext4' }
    expect(await runComponent(storage, fake)).toEqual(STEPS)
    expect(made(fake)).toHaveLength(1)
    expect(fake.host.files.get(volume.begun)).toBeUndefined()
  },
)

test('a run that was killed before it made the file system does not make it again over the volumes, which were on a disk that was away', async () => {
  const { fake, disks } = machine()
  const [volume] = volumesOf(fake.params)
  fake.host.files.seed(volume?.begun ?? '', '')
  disks.vdb = { uuid: volume?.uuid ?? '', type: 'ext4', isUsed: true }
  await runComponent(storage, fake)
  expect(made(fake)).toEqual([])
  expect(fake.host.files.get(volume?.begun ?? '')).toBeUndefined()
})

test('two disks with the same file system are refused: one is a copy', async () => {
  const { fake, disks } = machine({ vdc: {} })
  const uuid = volumesOf(fake.params)[0]?.uuid ?? ''
  for (const name of ['vdb', 'vdc']) disks[name] = { uuid, type: 'ext4', isUsed: true }
  await expect(runComponent(storage, fake)).rejects.toMatchObject({ code: 'storage/twice' })
  const found = { known: [], record: async () => undefined, wipeStorage: true }
  const undo = { kind: 'file-system', device: '/dev/vdb', uuid } as const
  expect((await carryOut(undo, fake.host.machine, found))?.kept).toContain('of which one is a copy')
  expect(made(fake)).toEqual([])
})

test('another disk than the one that is mounted is refused', async () => {
  const { fake } = machine({ vdc: {} })
  await runComponent(storage, fake)
  fake.params.node.disks = ['/dev/vdc']
  await expect(runComponent(storage, fake)).rejects.toMatchObject({ code: 'storage/other-mount' })
})

test('after a killed run too, the content of another is refused', async () => {
  const { fake, disks } = machine({ vdb: { type: 'ext4', uuid: 'theirs' } })
  fake.host.files.seed(volumesOf(fake.params)[0]?.begun ?? '', '')
  await expect(runComponent(storage, fake)).rejects.toMatchObject({ code: 'storage/not-empty' })
  expect(disks.vdb).toEqual({ type: 'ext4', uuid: 'theirs' })
})

test('a node that is set up again with the same name finds its volumes', async () => {
  const { fake, disks } = machine()
  await runComponent(storage, fake)
  const again = machine({ vdb: structuredClone(disks.vdb ?? {}) })
  await runComponent(storage, again.fake)
  expect(made(again.fake)).toEqual([])
})

test('the undo keeps the volumes and says how to erase them; with the option it erases them, unless they are in use', async () => {
  const { fake, disks } = machine()
  await runComponent(storage, fake)
  const undo = fake.host.changes.map((change) => change.undo).find(({ kind }) => kind === 'file-system')
  if (!undo) throw new Error('no undo')
  fake.host.files.seed('/proc/self/mountinfo', '')
  expect(await carryOut(undo, fake.host.machine)).toEqual({
    kept: 'the volumes of pods stay on /dev/vdb; to erase them: wipefs --all /dev/vdb',
  })
  const found = { known: [], record: async () => undefined, wipeStorage: true }
  mounted(fake)
  expect((await carryOut(undo, fake.host.machine, found))?.kept).toContain('which is mounted on')
  expect(disks.vdb?.type).toBe('ext4')
  fake.host.files.seed('/proc/self/mountinfo', '')
  expect(await carryOut(undo, fake.host.machine, found)).toEqual({
    removed: [expect.stringMatching(/^the volumes of pods on \/dev\/vdb, /)],
  })
  expect(disks.vdb).toEqual({})
  expect(await carryOut(undo, fake.host.machine, found)).toBeUndefined()
})
