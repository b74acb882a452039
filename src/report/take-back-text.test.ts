import { expect, test } from 'vitest'
import { takeBackText } from './take-back-text.ts'

test('a restored host', () => {
  expect(takeBackText({ restored: true, differences: [], leftovers: [] })).toBe('host restored: 0 differences\n')
})

test('what is left and what differs is named with its fix', () => {
  const text = takeBackText({
    restored: false,
    differences: [{ what: '/etc/a', before: 'nothing', after: 'a file', fix: 'rm /etc/a' }],
    leftovers: [{ what: '/mnt', error: { message: '/mnt is busy', fix: 'umount /mnt' } }],
  })
  expect(text).toBe(
    'host not restored: 2 differences\n  /mnt: /mnt is busy\n    fix: umount /mnt\n  /etc/a: was nothing, is a file\n    fix: rm /etc/a\n',
  )
})
