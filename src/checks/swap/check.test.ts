import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const HEAD = 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n'
const FSTAB = `# <file system> <mount point> <type> <options> <dump> <pass>
UUID=0a3407de-014b-458b-b5c1-848e92a327a3 / ext4 errors=remount-ro 0 1
#/swap.img	none	swap	sw	0	0
`
type Scene = NonNullable<Parameters<typeof fakeHost>[0]>
const look = (swaps: string | undefined, fstab = FSTAB, { files, ...scene }: Scene = {}) =>
  check.look(
    fakeHost({
      ...scene,
      files: { '/etc/fstab': fstab, ...(swaps !== undefined && { '/proc/swaps': swaps }), ...files },
    }),
    params,
  )
const WANTS = '/etc/systemd/system/multi-user.target.wants'
const GENERATED = '/run/systemd/generator/swap.target.requires'
const ZRAM = '/dev/zram0                              partition\t1001472\t\t0\t\t100\n'

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
    /^swapoff -a && sed -i\.before-kubernetes .*\/etc\/fstab && systemctl daemon-reload$/,
  ],
  [
    '/dev/zram0                              partition\t1001472\t\t0\t\t100\n',
    FSTAB,
    'on: /dev/zram0 (978 MiB)',
    /^swapoff -a && systemctl mask swap\.target$/,
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

test.each<[string, Scene, string]>([
  [
    'a service that is known for it',
    { files: { [`${WANTS}/zramswap.service`]: '[Service]\nExecStart=/usr/sbin/zramswap start\n' } },
    'systemctl disable --now zramswap.service && swapoff -a',
  ],
  [
    'a service of a person',
    {
      files: {
        [`${WANTS}/tune it.service`]: "[Service]\nExecStart=/bin/sh -c 'mkswap /dev/zram0 && swapon /dev/zram0'\n",
      },
    },
    "systemctl disable --now 'tune it.service' && swapoff -a",
  ],
  [
    'zram-generator, whatever its files say',
    {
      files: {
        [`${GENERATED}/dev-zram0.swap`]: '[Unit]\nSourcePath=/etc/systemd/zram-generator.conf\n',
        '/etc/systemd/zram-generator.conf': '[zram0]\n',
      },
    },
    'swapoff -a && systemctl mask swap.target',
  ],
])('zram by %s', async (_, scene, fix) => {
  expect(await look(HEAD + ZRAM, FSTAB, scene)).toMatchObject({ kind: 'warn', fix })
  expect(await look(HEAD, FSTAB, scene)).toMatchObject({
    kind: 'warn',
    found: expect.stringMatching(/^off until the next boot: /),
    fix: fix.replace('swapoff -a && ', '').replace(/ && swapoff -a$/, ''),
  })
})

test('a unit of type swap, and a partition that systemd finds by its type', async () => {
  const files = {
    [`${WANTS}/data-swapfile.swap`]: '[Swap]\nWhat=/data/swapfile\n',
    [`${GENERATED}/dev-disk-by\\x2dpartuuid-0a.swap`]: '[Unit]\nDocumentation=man:systemd-gpt-auto-generator(8)\n',
  }
  const verdict = await look(HEAD, FSTAB, { files })
  expect(verdict).toMatchObject({
    found: 'off until the next boot: data-swapfile.swap, dev-disk-by\\x2dpartuuid-0a.swap',
    fix: 'systemctl mask swap.target',
  })
  const masked = await look(HEAD, `${FSTAB}/swap.img none swap sw 0 0\n`, {
    files,
    links: { '/etc/systemd/system/swap.target': '/dev/null' },
  })
  expect(masked).toEqual({ kind: 'pass', found: 'off' })
})

test.each<[string, Scene]>([
  [
    'units generated from an fstab that was corrected later',
    { files: { [`${GENERATED}/swap.img.swap`]: '[Unit]\nSourcePath=/etc/fstab\n' } },
  ],
  [
    'services that only sound like it',
    { files: { [`${WANTS}/usb-hotswap.service`]: '[Service]\nExecStart=/usr/bin/hotswap\n' } },
  ],
  ['a service for it that nothing starts', { files: { '/usr/lib/systemd/system/zramswap.service': '[Service]\n' } }],
])('%s', async (_, scene) => {
  expect(await look(HEAD, FSTAB, scene)).toEqual({ kind: 'pass', found: 'off' })
})
