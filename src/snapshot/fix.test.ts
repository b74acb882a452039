import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { FACT_KINDS } from './facts.ts'
import { fixFor } from './fix.ts'

const HOSTILE = 'x\ntouch /root/pwned\r\u2028y'

test('a removed mount whose source a user chose', () => {
  const fix = fixFor({ kind: 'mount', what: '/home/u/x', before: `fuse.sshfs of ${HOSTILE}` })
  expect(fix).toBe(String.raw`mount /home/u/x  # it was fuse.sshfs of x\x0atouch /root/pwned\x0d\xe2\x80\xa8y`)
})

test.each(FACT_KINDS)('a fix for %s is one line, for any name and state', (kind) => {
  for (const what of [HOSTILE, `iptables-nft -t nat -A X -m comment --comment "${HOSTILE}" -j Y`])
    for (const change of [{ before: HOSTILE }, { after: HOSTILE }, { before: HOSTILE, after: 'y' }]) {
      const fix = fixFor({ kind, what, ...change })
      expect(fix).not.toMatch(/[\p{Cc}\p{Zl}]/u)
    }
})

test('the comment of a removed rule is not a command', () => {
  const what = `nft table inet x chain y ${HOSTILE}; touch /root/pwned`
  expect(fixFor({ kind: 'firewall', what, before: 'present' })).toMatch(/^load it again from its source: /)
})

test('a name with a comment character stays a name', () => {
  const fix = fixFor({ kind: 'mount', what: "/home/u/a  # '; touch /root/pwned", before: 'tmpfs of tmpfs' })
  const shown = execFileSync('bash', ['-c', `mount() { printf %s "$1"; }; ${fix}`], { encoding: 'utf8' })
  expect(shown).toBe("/home/u/a  # '; touch /root/pwned")
})
