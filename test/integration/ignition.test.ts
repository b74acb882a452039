// Configurations of Ignition, as its own parser and systemd read them.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ignition } from '../../src/cli/controller/clusters/user-data/ignition.ts'
import type { Interface } from '../../src/cli/controller/clusters/user-data/network.ts'
import { prepare, type Wishes } from '../../src/cli/controller/clusters/user-data/preparation.ts'
import { cacheDirectory } from '../support/testbed/bed.ts'
import { rootWith } from '../support/testbed/debian-root.ts'
import { run } from '../support/testbed/run.ts'

const SUPPORT = join(import.meta.dirname, '../support/ignition')
const SCRIPT = "sh <<'END'\ncluster='it''s: #1'\n\tprintf '%s\\n' \"$HOME\" é\nEND\n"
const JOIN: Wishes = {
  entry: { kind: 'join', script: SCRIPT },
  ...{ hostname: undefined, isNamedBySerial: true, ntp: ['ntp.example.org'] },
  firewall: { roles: ['worker'], cni: 'flannel' },
}
const BAKED: Wishes = {
  entry: { kind: 'baked', set: 'factory-2', credentials: '-----BEGIN X-----\n', passphrase: 'a-b' },
  ...{ hostname: 'node-7', isNamedBySerial: false, ntp: [], firewall: undefined },
}
const NIC: Interface = {
  mac: '52:54:00:12:34:56',
  address: '10.1.2.3/24',
  gateway: '10.1.2.1',
  nameServers: ['10.1.2.2'],
}

function parsed(text: string) {
  const program = join(cacheDirectory(), 'ignition')
  if (!existsSync(program)) execFileSync('go', ['build', '-o', program, '.'], { cwd: SUPPORT })
  return run([program], { stdin: text, timeoutMs: 30_000 })
}

test.each([
  ['a join command', JOIN, undefined],
  ['an agent of the image, and an address', BAKED, NIC],
] as const)('with %s is accepted without a remark', { timeout: 300_000 }, async (_, wishes, nic) => {
  expect(await parsed(ignition(prepare(wishes), nic))).toMatchObject({ code: 0, stdout: '' })
})

test('a wrong one is refused', { timeout: 300_000 }, async () => {
  const wrong = ignition(prepare(JOIN), undefined).replace('"mode": 384', '"mode": "0600"')
  expect(await parsed(wrong)).toMatchObject({ code: 1 })
})

interface Config {
  storage: { files: { path: string; mode: number; contents: { source: string } }[] }
  systemd: { units: { name: string; enabled: boolean; contents: string }[] }
}
function read(wishes: Wishes, nic?: Interface) {
  const { storage, systemd }: Config = JSON.parse(ignition(prepare(wishes), nic))
  const text = (source: string) => Buffer.from(source.replace('data:;base64,', ''), 'base64').toString()
  const files = Object.fromEntries(
    storage.files.map(({ path, mode, contents }) => [path, [mode, text(contents.source)]]),
  )
  return { files, units: systemd.units }
}

test('its files and services are those of cloud-init', () => {
  const { files, units } = read(JOIN)
  expect(files['/etc/cantrip-day0/join.sh']).toEqual([0o600, SCRIPT])
  expect(files['/etc/systemd/timesyncd.conf.d/cantrip.conf']).toEqual([0o644, '[Time]\nNTP=ntp.example.org\n'])
  expect(units.map(({ name, enabled }) => [name, enabled])).toEqual([
    ['cantrip-day0.service', true],
    ['cantrip-firewall.service', true],
    ['cantrip-join.service', true],
  ])
  const baked = read(BAKED, NIC)
  expect(baked.files['/etc/hostname']).toEqual([0o644, 'node-7\n'])
  expect(baked.files['/etc/systemd/network/10-cantrip.network']).toEqual([
    0o644,
    '[Match]\nMACAddress=52:54:00:12:34:56\n\n[Network]\nAddress=10.1.2.3/24\nGateway=10.1.2.1\nDNS=10.1.2.2\n',
  ])
  const rename = 'ExecStart=-mv /etc/cantrip-day0/factory-2.pem.new /etc/cantrip-day0/factory-2.pem\n'
  expect(baked.units[0]?.contents).toContain(rename)
})

test('systemd reads the services, and the words of their commands', { timeout: 300_000 }, async () => {
  const root = await rootWith('cloud-init')
  const place = await mkdtemp(join(root, 'tmp/units-'))
  const { units } = read(JOIN)
  const paths = units.map(({ name }) => join(place.slice(root.length), name))
  for (const { name, contents } of units) await writeFile(join(place, name), contents)
  const verified = await run(['chroot', root, 'systemd-analyze', 'verify', ...paths], { timeoutMs: 60_000 })
  await rm(place, { recursive: true })
  expect(verified).toMatchObject({ code: 0, stdout: '', stderr: '' })
  const [line = ''] = units[0]?.contents.split('\n').filter((each) => each.includes('fstab')) ?? []
  const fstab = prepare(JOIN).commands.find((command) => command.includes('/etc/fstab'))
  const words = [...line.slice('ExecStart=-'.length).matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)]
  const unquoted = words.map(
    ([, quoted, bare]) => quoted?.replace(/\\(.)/g, '$1').replaceAll('%%', '%').replaceAll('$$', '$') ?? bare,
  )
  expect(unquoted).toEqual(fstab)
})
