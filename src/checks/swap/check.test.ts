import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const HEAD = 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n'
const FSTAB = `# <file system> <mount point> <type> <options> <dump> <pass>
UUID=0a3407de-014b-458b-b5c1-848e92a327a3 / ext4 errors=remount-ro 0 1
#/swap.img	none	swap	sw	0	0
`
const look = (swaps: string | undefined, fstab = FSTAB) =>
  check.look(fakeHost({ files: { '/etc/fstab': fstab, ...(swaps !== undefined && { '/proc/swaps': swaps }) } }), params)

test.each([
  ['none', HEAD, FSTAB],
  ['a kernel without swap', undefined, FSTAB],
  ['one that is not turned on by itself', HEAD, `${FSTAB}/dev/sdb2 none swap noauto,sw 0 0\n`],
])('%s', async (_, swaps, fstab) => {
  expect(await look(swaps, fstab)).toEqual({ kind: 'pass', found: 'off' })
})

test.each([
  [
    '/swap.img                               file\t\t2097148\t\t524\t\t-2\n',
    `${FSTAB}/swap.img none swap sw 0 0\n`,
    'on: /swap.img (2048 MiB)',
    /^swapoff -a && sed -i\.before-kubernetes .*\/etc\/fstab$/,
  ],
  [
    '/dev/zram0                              partition\t1001472\t\t0\t\t100\n',
    FSTAB,
    'on: /dev/zram0 (978 MiB)',
    /^swapoff -a && touch \/etc\/systemd\/zram-generator\.conf$/,
  ],
  [
    '/dev/dm-1                               partition\t8388604\t\t0\t\t-2\n',
    FSTAB,
    'on: /dev/dm-1 (8192 MiB)',
    /^swapoff -a && systemctl mask swap\.target$/,
  ],
])('%j', async (line, fstab, found, fix) => {
  expect(await look(HEAD + line, fstab)).toMatchObject({ kind: 'warn', found, fix: expect.stringMatching(fix) })
})

test('off now, on again after the next boot', async () => {
  expect(await look(HEAD, `${FSTAB}UUID=1f2e none swap sw 0 0\n`)).toMatchObject({
    kind: 'warn',
    found: 'off until the next boot: UUID=1f2e in /etc/fstab',
  })
})
