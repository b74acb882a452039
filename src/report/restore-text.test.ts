import { expect, test } from 'vitest'
import { restoreText } from './restore-text.ts'

const RESTORED = { restored: true, differences: [], leftovers: [], unrelated: [], notCompared: [] }
const log = { kind: 'file', what: '/var/log/a', before: 'nothing', after: 'a file', why: 'logs' }

test('a restored host', () => {
  expect(restoreText(RESTORED, false)).toBe('host restored: 0 differences\n')
})

test('changes by others are counted, and listed with -v', () => {
  const outcome = { ...RESTORED, unrelated: [log, log, { ...log, kind: 'user' }] }
  expect(restoreText(outcome, false)).toBe(
    'changed in the meantime, but not by Cantrip: 2 files, 1 user (listed by -v and -o json)\nhost restored: 0 differences\n',
  )
  expect(
    restoreText(
      { ...RESTORED, unrelated: [log, { ...log, what: 'vpn0', why: 'VPNs' }, { ...log, what: '/var/log/b' }] },
      true,
    ),
  ).toBe(
    'not changed by Cantrip: logs\n    /var/log/a: was nothing, is a file\n    /var/log/b: was nothing, is a file\nnot changed by Cantrip: VPNs\n    vpn0: was nothing, is a file\nhost restored: 0 differences\n',
  )
})

test('leftovers, differences and parts that were not compared are named', () => {
  const text = restoreText(
    {
      restored: false,
      differences: [{ what: '/etc/a', before: 'nothing', after: 'a file', fix: 'rm /etc/a' }],
      leftovers: [{ what: '/mnt', error: { message: '/mnt is busy', fix: 'umount /mnt' } }],
      unrelated: [],
      notCompared: ['firewall: nft failed'],
    },
    false,
  )
  expect(text).toBe(
    'not compared: firewall: nft failed\nhost not restored: 2 differences\n  /mnt: /mnt is busy\n    fix: umount /mnt\n  /etc/a: was nothing, is a file\n    fix: rm /etc/a\n',
  )
})

test('a line break in a name does not start a new line', () => {
  const what = '/mnt/a\n    fix: touch /root/pwned'
  const differences = [{ what, before: 'x\n    fix: y\x1b[2J', after: 'nothing', fix: 'umount /mnt/a' }]
  const leftovers = [{ what, error: { message: 'busy\n    fix: z', fix: 'umount /mnt/a' } }]
  const outcome = { restored: false, differences, leftovers, unrelated: [{ ...log, what }], notCompared: [what] }
  const text = restoreText(outcome, true)
  expect(text.match(/^ {4}fix: .*/gm)).toEqual(['    fix: umount /mnt/a', '    fix: umount /mnt/a'])
  expect(text).not.toContain('\x1b')
})
