import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { jumpOf, sshKeyOf, sshOptionOf, userOf } from '../options.ts'
import { sshArgv } from './argv.ts'
import { sshConfig } from './config.ts'
import { sshFailure } from './failure.ts'

const directory = mkdtempSync(join(tmpdir(), 'push-ssh-'))
afterAll(() => rmSync(directory, { recursive: true }))

const HOST = { address: '10.0.0.7', port: null, user: null, keyFile: null }
const WISHES = { acceptNewHostKeys: false, options: [], connectTimeoutSeconds: 15 }

/** What ssh understands, which is not connected. */
function resolved(wishes: Partial<Parameters<typeof sshConfig>[0]>, person = ''): Map<string, string> {
  const file = join(directory, 'config')
  const text = sshConfig({ ...WISHES, ...wishes }).replaceAll(/^Include .*\n/gm, '')
  writeFileSync(file, `${text}${person}`)
  const out = execFileSync('ssh', ['-G', '-F', file, 'host.example'], { encoding: 'utf8' })
  return new Map(out.split('\n').map((line) => [line.split(' ', 1)[0] ?? '', line.slice(line.indexOf(' ') + 1)]))
}

test('ssh asks nothing and verifies host keys, whatever the files of a person say', () => {
  const careless = `Host *\nBatchMode no\nStrictHostKeyChecking no\nRequestTTY force\nRemoteCommand tmux\nForwardAgent yes
ControlMaster auto\nServerAliveInterval 0\nUser ann\n`
  const seen = resolved({}, careless)
  expect(Object.fromEntries(seen)).toMatchObject({
    ...{ batchmode: 'yes', stricthostkeychecking: 'true', requesttty: 'false', forwardagent: 'no' },
    ...{ controlmaster: 'false', serveraliveinterval: '5', connecttimeout: '15', user: 'ann' },
  })
  expect(seen.get('remotecommand')).toBeUndefined()
  expect(resolved({ acceptNewHostKeys: true }).get('stricthostkeychecking')).toBe('accept-new')
})

test('a key with odd characters, and more options', () => {
  const seen = resolved({ key: '/keys/my %h key', options: ['Ciphers=aes256-ctr', 'Port 2222'] })
  expect(Object.fromEntries(seen)).toMatchObject({
    identityfile: '/keys/my %%h key',
    ciphers: 'aes256-ctr',
    port: '2222',
  })
})

test('the inventory comes before the flags, and a host is never an option', () => {
  expect(sshArgv({ config: '/c' }, HOST)).toEqual(['ssh', '-F', '/c', '-T', '--', '10.0.0.7', 'sh'])
  const host = { address: 'fd00::7', port: 2222, user: 'bob', keyFile: '/k' }
  expect(sshArgv({ config: '/c', user: 'ann', jump: 'gw' }, host).slice(4)).toEqual([
    '-J',
    'gw',
    '-p',
    '2222',
    '-l',
    'bob',
    '-i',
    '/k',
    '--',
    'fd00::7',
    'sh',
  ])
  expect(sshArgv({ config: '/c', user: 'ann' }, HOST)).toContain('ann')
})

test.each([
  ['gw', 'gw'],
  ['ann@10.0.0.7:2222', ''],
  ['gw,ann@10.0.0.7', 'gw'],
  ['10.0.0.7,gw', ''],
  ['10.0.0.70', '10.0.0.70'],
])('through %s a host that can be one of them is reached through "%s"', (jump, hops) => {
  const argv = sshArgv({ config: '/c', jump }, HOST)
  expect(argv.slice(4)).toEqual([...(hops === '' ? [] : ['-J', hops]), '--', '10.0.0.7', 'sh'])
})

test('a jump host in brackets', () => {
  const host = { ...HOST, address: 'fd00::1' }
  expect(sshArgv({ config: '/c', jump: '[fd00::1]:22' }, host)).not.toContain('-J')
})

test.each([
  ['-oProxyCommand=id', jumpOf],
  ['gw,-J', jumpOf],
  ['gw:ssh', jumpOf],
  ['a b@gw', jumpOf],
  ['-l', userOf],
  ['ann@gw', userOf],
  ['-x', sshKeyOf],
  ['a"b', sshKeyOf],
  ['StrictHostKeyChecking=no', sshOptionOf],
  ['stricthostkeychecking no', sshOptionOf],
  ['Host *', sshOptionOf],
  ['Port=22\nProxyCommand id', sshOptionOf],
  ['Port', sshOptionOf],
])('%s is refused', (text, parse) => {
  expect(() => parse(text)).toThrow()
})

test.each([...'`$();|\'"\\&<>{}'])('a user with %s is refused', (sign) => {
  for (const name of [`a${sign}b`, `${sign}b`]) {
    expect(() => userOf(name)).toThrow('without syntax of a shell')
    expect(() => jumpOf(`${name}@gw`)).toThrow()
  }
})

test('sections of ssh_config are named as what is not taken', () => {
  for (const text of ['Host=x', 'match all']) expect(() => sshOptionOf(text)).toThrow('Host and Match are not taken')
})

test.each(['gw', 'ann@gw.example.org:2222', '[fd00::1]:22', 'gw-1,ann@gw-2'])('%s is a jump host', (text) => {
  expect(jumpOf(text)).toBe(text)
})

const CHANGED = `@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
Offending ED25519 key in /root/.ssh/known_hosts:3
Host key for [10.0.0.7]:2222 has changed and you have requested strict checking.
Host key verification failed.`

// As OpenSSH 9.2 prints it.
test.each([
  [
    'No ED25519 host key is known for 10.0.0.7 and you have requested strict checking.\r\nHost key verification failed.\r\n',
    'push/unknown-host-key',
    'ssh -- 10.0.0.7; or pass --accept-new-host-keys',
  ],
  [CHANGED, 'push/changed-host-key', 'if it was installed again: remove its old key from known_hosts'],
  ['root@10.0.0.7: Permission denied (publickey).', 'push/denied', '--ssh-key'],
  [
    'Received disconnect from 10.0.0.7 port 22:2: Too many authentication failures',
    'push/denied',
    'IdentitiesOnly=yes',
  ],
  ['ssh: connect to host 10.0.0.7 port 22: Connection refused', 'push/unreachable', 'sshd runs'],
  ['ssh: Could not resolve hostname w9: Name or service not known', 'push/unreachable', '--jump'],
  ['Connection timed out during banner exchange', 'push/unreachable', 'network'],
  ['Timeout, server 10.0.0.7 not responding.', 'push/connection-lost', 'run the same command again'],
  ['', 'push/connection-lost', 'is up'],
])('%s', (stderr, code, fix) => {
  expect(sshFailure(stderr, {}, HOST)).toMatchObject({ code, fix: expect.stringContaining(fix) })
})

test('the old key of the host or of a jump host can be removed by a command, that of no other name', () => {
  const changed = (name: string) => CHANGED.replace('[10.0.0.7]:2222', name)
  const fix = (name: string) =>
    sshFailure(changed(name), { jump: 'ann@gw,[fd00::1]:2200' }, { ...HOST, port: 2222 }).fix
  expect(fix('[10.0.0.7]:2222')).toContain("ssh-keygen -R '[10.0.0.7]:2222'")
  expect(fix('gw')).toContain('ssh-keygen -R gw')
  expect(fix('[fd00::1]:2200')).toContain("ssh-keygen -R '[fd00::1]:2200'")
  for (const other of ['10.0.0.8', '10.0.0.7', '-x', '$(id)']) expect(fix(other)).not.toContain('ssh-keygen')
})

test('the command for a person has the same user, port and jump host', () => {
  const { fix } = sshFailure('', { user: 'ann', jump: 'gw' }, { ...HOST, port: 2222 })
  expect(fix).toContain('ssh -J gw -p 2222 -l ann -- 10.0.0.7')
  const given = { key: '/my key', options: ['Ciphers=aes256-ctr'] }
  expect(sshFailure('', given, HOST).fix).toContain("ssh -o Ciphers=aes256-ctr -i '/my key' -- 10.0.0.7")
  expect(sshArgv({ config: '/c', ...given }, HOST)).not.toContain('-i')
})
