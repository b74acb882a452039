import { userInfo } from 'node:os'
import { expect, it } from 'vitest'
import { parseAddress, shown } from './address.ts'

it.each([
  ['postgres://u@h/d', {}, 'h', 5432, 'u', 'd'],
  ['postgresql://u@h:6543/d', {}, 'h', 6543, 'u', 'd'],
  ['postgres://u@[fd00::1]:5433/d', {}, 'fd00::1', 5433, 'u', 'd'],
  ['postgres://a%40b@h/it%27s%20mine', {}, 'h', 5432, 'a@b', "it's mine"],
  ['postgres://u@h:1/d?host=/run/pg&port=7', {}, '/run/pg', 7, 'u', 'd'],
  ['postgres://u@%2Frun%2Fpg/d', {}, '/run/pg', 5432, 'u', 'd'],
  ['postgres://u@/d?host=/run/pg', {}, '/run/pg', 5432, 'u', 'd'],
  ['postgres://u@/d', {}, '/var/run/postgresql', 5432, 'u', 'd'],
  ['postgres:///d', { PGHOST: 'h', PGPORT: '6', PGUSER: 'v' }, 'h', 6, 'v', 'd'],
  ['postgres://u@h:5/d', { PGHOST: 'x', PGPORT: '6', PGUSER: 'v' }, 'h', 5, 'u', 'd'],
  ['postgres:///d?user=w', {}, '/var/run/postgresql', 5432, 'w', 'd'],
  ['postgres://h/d', {}, 'h', 5432, userInfo().username, 'd'],
])('%s is read as libpq reads it', (url, env, host, port, user, database) => {
  expect(parseAddress(url, env)).toMatchObject({ host, port, user, database })
})

it('encrypts if the server supports it, unless it is on this machine', () => {
  expect(parseAddress('postgres://u@h/d', {}).tls).toMatchObject([{ rejectUnauthorized: false }, false])
  expect(parseAddress('postgres://u@h/d', { PGSSLMODE: 'disable' }).tls).toEqual([false])
  expect(parseAddress('postgres://u@/d?sslmode=require', {}).tls).toEqual([false])
})

it('verifies the name of the server with sslrootcert=system, and never less', () => {
  const [tls, ...others] = parseAddress('postgres://u@h/d?sslrootcert=system', {}).tls
  expect(others).toEqual([])
  expect(tls).toHaveProperty('ca')
  expect(tls).not.toHaveProperty('checkServerIdentity')
  for (const mode of ['disable', 'allow', 'prefer', 'require', 'verify-ca']) {
    expect(() => parseAddress(`postgres://u@h/d?sslrootcert=system&sslmode=${mode}`, {})).toThrow(/too weak/)
    expect(() => parseAddress('postgres://u@h/d?sslrootcert=system', { PGSSLMODE: mode })).toThrow(/too weak/)
  }
  expect(() => parseAddress('postgres://u@h/d?sslmode=require', { PGSSLROOTCERT: '/nonexistent' })).toThrow(
    /sslrootcert/,
  )
})

it.each(['12/secret@h/d', '12?secret@h/d', '12?x&secret@h/d', '12#secret@h/d', '/secret@h/d', '12/a?secret@h/d'])(
  'a password with an unescaped character is not parsed as another part, and not shown: u:%s',
  (rest) => {
    const parse = () => shown(parseAddress(`postgres://u:${rest}`, {}))
    expect(parse).toThrow(/cannot be used/)
    expect(parse).not.toThrow(/secret/)
  },
)

it('is shown without the user', () => {
  expect(shown(parseAddress('postgres://u@h/d', {}))).toBe('database d at h:5432')
  expect(shown(parseAddress('postgres://u@/d?host=/run/pg', {}))).toBe('database d at /run/pg/.s.PGSQL.5432')
})
