import { expect, test } from 'vitest'
import { printableName, shownName } from './shown-name.ts'

test.each<[string, Buffer, string]>([
  ['plain', Buffer.from('admin.conf'), 'admin.conf'],
  ['UTF-8 beyond ASCII', Buffer.from('Grüße 世界 🙂'), 'Grüße 世界 🙂'],
  ['a unit with a systemd escape', Buffer.from('dev-a\\x2db.device'), 'dev-a\\x2db.device'],
  ['Latin-1', Buffer.from('Gr\xfc\xdfe', 'latin1'), 'Gr\\xfc\\xdfe'],
  ['a single byte that is not UTF-8', Buffer.from([0xff]), '\\xff'],
  ['half a character', Buffer.from([0x61, 0xe4, 0xb8]), 'a\\xe4\\xb8'],
  ['a surrogate, which is not valid UTF-8', Buffer.from([0xed, 0xa0, 0x80]), '\\xed\\xa0\\x80'],
  ['a line break', Buffer.from('a\nb'), 'a\\x0ab'],
  ['terminal control characters', Buffer.from('\x1b[2J\x07\u009b'), '\\x1b[2J\\x07\\x9b'],
  ['a byte order mark', Buffer.from('\ufeffa'), '\ufeffa'],
])('%s', (_, name, shown) => {
  expect(shownName(name)).toBe(shown)
})

test('all names of one byte are shown differently', () => {
  const shown = Array.from({ length: 255 }, (_, i) => shownName(Buffer.from([i + 1])))
  expect(new Set(shown).size).toBe(255)
})

test('a path keeps its slashes', () => {
  expect(printableName('/etc/a\tb/c')).toBe('/etc/a\\x09b/c')
})
