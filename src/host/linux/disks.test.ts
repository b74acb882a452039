import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { listDisks } from './disks.ts'

const disk = (name: string, more: Record<string, string> = {}) =>
  Object.fromEntries(
    Object.entries({ size: '2000000', 'queue/rotational': '0', ro: '0', removable: '0', ...more }).map(
      ([file, text]) => [`/sys/block/${name}/${file}`, `${text}\n`],
    ),
  )
const seen = (name: string, fsType = '', mount = '') => ({ name, fsType, mount })

test('only an empty disk is usable for storage; the others have the reason', async () => {
  const host = fakeHost({
    files: {
      ...disk('sda', { 'sda1/size': '1000' }),
      ...disk('sdb', { 'device/model': 'Big Disk', 'queue/rotational': '1' }),
      ...disk('sdc'),
      ...disk('sdd', { 'holders/dm-0/x': '' }),
      ...disk('sde'),
      ...disk('sdf', { size: '0' }),
      ...disk('loop0'),
      ...disk('loop1'),
      ...disk('loop2'),
      '/dev/loop1': '',
      '/dev/loop2': '',
      ...disk('sdg'),
      ...disk('sdh'),
      ...disk('sdi'),
      ...disk('sdj'),
    },
    commands: {
      'blkid --probe': { exitCode: 2 },
      'wipefs --no-act': {},
      'wipefs --no-act --noheadings /dev/sdi': { exitCode: 1 },
      'blkid --probe --output export /dev/sdj': { stdout: 'LABEL=cantrip-1\nUUID=abc\nTYPE=ext4\n' },
      'blkid --probe --output export /dev/sdg': { stdout: 'UUID=x\nTYPE=xfs\n' },
      'blkid --probe --output export /dev/sdh': { stdout: 'PTTYPE=gpt\n' },
    },
  })
  const found = await listDisks(host, [
    seen('sda'),
    seen('sdb'),
    seen('sdc', 'LVM2_member'),
    seen('sdd'),
    seen('loop0'),
    seen('loop1'),
    seen('loop2', 'squashfs'),
    seen('sdg'),
    seen('sdh'),
    seen('sdi'),
    seen('sdj'),
  ])
  expect(found.map(({ device, usableForStorage, reason }) => [device, usableForStorage, reason])).toEqual([
    ['/dev/loop1', true, 'empty'],
    ['/dev/sda', false, 'has partitions'],
    ['/dev/sdb', true, 'empty'],
    ['/dev/sdc', false, 'contains LVM2_member'],
    ['/dev/sdd', false, 'is part of dm-0'],
    ['/dev/sde', false, 'its content is unknown (lsblk failed)'],
    ['/dev/sdg', false, 'contains xfs'],
    ['/dev/sdh', false, 'contains gpt'],
    ['/dev/sdi', false, 'cannot be read'],
    ['/dev/sdj', false, 'contains volumes of pods, abc'],
  ])
  expect(found[2]).toMatchObject({ sizeBytes: 1_024_000_000, model: 'Big Disk', rotational: true })
})
