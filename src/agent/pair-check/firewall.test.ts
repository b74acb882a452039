import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { lookAtFirewall, parseNftChains } from './firewall.ts'

/** As `nft -j list chains` of nftables 1.0.6 prints it. */
const CHAINS = JSON.stringify({
  nftables: [
    { metainfo: { version: '1.0.6', release_name: 'Lester Gooch #5', json_schema_version: 1 } },
    {
      chain: {
        family: 'inet',
        table: 'filter',
        name: 'input',
        handle: 1,
        type: 'filter',
        hook: 'input',
        prio: 0,
        policy: 'drop',
      },
    },
    { chain: { family: 'inet', table: 'filter', name: 'mine', handle: 2 } },
    {
      chain: {
        family: 'ip',
        table: 'nat',
        name: 'PREROUTING',
        handle: 1,
        type: 'nat',
        hook: 'prerouting',
        prio: -100,
        policy: 'accept',
      },
    },
    {
      chain: {
        family: 'ip',
        table: 'filter',
        name: 'OUTPUT',
        handle: 3,
        type: 'filter',
        hook: 'output',
        prio: 0,
        policy: 'accept',
      },
    },
  ],
})
const NFT = 'nft -j list chains'
const ok = (stdout: string) => ({ exitCode: 0, stdout, stderr: '' })

test('filter chains have names that nft accepts', async () => {
  const host = fakeHost({ commands: { [NFT]: ok(CHAINS) } })
  expect(await lookAtFirewall(host)).toEqual({
    kind: 'nftables',
    input: ['inet filter input'],
    output: ['ip filter OUTPUT'],
  })
})

test('recognizes firewalld, and ufw only if it is enabled', async () => {
  const firewalld = fakeHost({
    directories: ['/run/systemd/system'],
    commands: { [NFT]: ok(CHAINS), 'systemctl is-active firewalld': ok('active\n') },
  })
  expect((await lookAtFirewall(firewalld)).kind).toBe('firewalld')
  const ufw = (enabled: string) =>
    fakeHost({ files: { '/etc/ufw/ufw.conf': `# x\nENABLED=${enabled}\nLOGLEVEL=low\n` } })
  expect((await lookAtFirewall(ufw('yes'))).kind).toBe('ufw')
  expect((await lookAtFirewall(ufw('no'))).kind).toBe('none')
})

test('no firewall without nft, without permission, or with invalid output', async () => {
  const none = { kind: 'none', input: [], output: [] }
  expect(
    await lookAtFirewall(fakeHost({ commands: { [NFT]: { exitCode: 1, stdout: '', stderr: 'denied' } } })),
  ).toEqual(none)
  expect(await lookAtFirewall(fakeHost({ commands: { [NFT]: new Error('ENOENT') } }))).toEqual(none)
  expect(await lookAtFirewall(fakeHost({ commands: { [NFT]: ok('{') } }))).toEqual(none)
})

test.each(['', 'null', '[]', '{"nftables":7}', '{"nftables":[null,{"chain":null},{"chain":{"hook":3}}]}'])(
  '%j names no chain',
  (json) => {
    expect(parseNftChains(json)).toEqual([])
  },
)

test('omits names with shell characters', () => {
  const chain = { family: 'inet', table: 'a; reboot', name: 'input', type: 'filter', hook: 'input' }
  expect(parseNftChains(JSON.stringify({ nftables: [{ chain }] }))).toEqual([])
})
