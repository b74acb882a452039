import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { cloudConfig, yaml } from './cloud-config.ts'
import { prepare, type Wishes } from './preparation.ts'

const SCRIPT = "sh <<'END'\ncluster='it''s'\n# é: \"x\" $HOME \\\\\n\ttab\nEND\n"
const JOIN: Wishes = {
  entry: { kind: 'join', script: SCRIPT },
  ...{ hostname: undefined, isNamedBySerial: false, ntp: [], firewall: undefined },
}
const BAKED: Wishes = {
  ...JOIN,
  entry: { kind: 'baked', set: 'factory-2', credentials: '-----BEGIN X-----\n', passphrase: 'a-b' },
}
/** As cloud-init reads it. */
const read = (wishes: Wishes) => {
  const text = cloudConfig(prepare(wishes))
  expect(text.split('\n')[0]).toBe('#cloud-config')
  return parse(text, { version: '1.1' })
}

test('the script is a file that only root reads, and a service runs it until the machine is a node', () => {
  const { write_files: files, runcmd } = read(JOIN)
  expect(files).toContainEqual({
    path: '/etc/cantrip-day0/join.sh',
    owner: 'root:root',
    permissions: '0600',
    content: SCRIPT,
  })
  const unit = files.find(({ path }: { path: string }) => path === '/etc/systemd/system/cantrip-join.service')
  expect(unit).toMatchObject({
    permissions: '0644',
    content: expect.stringContaining('/bin/sh /etc/cantrip-day0/join.sh\n'),
  })
  expect(unit.content).toContain('\nRestartPreventExitStatus=2 3 7\n')
  expect(runcmd[0]).toEqual(['systemctl', 'daemon-reload'])
  expect(runcmd.at(-1)).toEqual(['systemctl', 'start', '--no-block', 'cantrip-join.service'])
})

test('an agent of the image sees the credentials when everything else is done', () => {
  const { write_files: files, runcmd } = read({ ...BAKED, isNamedBySerial: true })
  const modes = Object.fromEntries(files.map(({ path, permissions }: Record<string, string>) => [path, permissions]))
  expect(modes).toMatchObject({
    '/etc/cantrip-day0/factory-2-passphrase.txt': '0600',
    '/etc/cantrip-day0/factory-2.pem.new': '0600',
  })
  expect(modes).not.toHaveProperty('/etc/cantrip-day0/factory-2.pem')
  expect(runcmd.at(-1)).toEqual(['mv', '/etc/cantrip-day0/factory-2.pem.new', '/etc/cantrip-day0/factory-2.pem'])
})

test('hostname, clock and firewall only if they are asked for', () => {
  const keys = (wishes: Wishes) => Object.keys(read(wishes)).sort()
  expect(keys(JOIN)).toEqual(['locale', 'runcmd', 'write_files'])
  const all = read({
    ...JOIN,
    hostname: 'node-7',
    ntp: ['ntp.example.org'],
    firewall: { roles: ['master'], cni: 'calico' },
  })
  expect(all).toMatchObject({ hostname: 'node-7', ntp: { enabled: true, servers: ['ntp.example.org'] } })
  expect(all.runcmd.at(-1)).toContain('cantrip-firewall.service')
  const rules = all.write_files.find(({ path }: { path: string }) => path === '/etc/cantrip-firewall.nft')
  expect(rules.content, 'peers hand on pieces of a bundle').toMatch(/tcp dport \{ .*\b7444\b/)
  expect(read({ ...JOIN, isNamedBySerial: true })).toMatchObject({ preserve_hostname: true })
})

test.each([
  'on',
  'no',
  '1:30',
  '0600',
  '1_000',
  '~',
  '2026-11-30',
  '=',
  '<<',
  '%x',
  '\u0085',
  '# x',
  'a: b',
  '- a',
  ' x ',
  "'",
  '\r\n',
  '\u{feff}',
])('the text %j stays a text in YAML 1.1', (text) =>
  expect(parse(yaml({ a: text }), { version: '1.1' })).toEqual({ a: text }),
)
