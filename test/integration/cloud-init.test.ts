// User data as cloud-init of Debian 12 reads it: its schema, its stages as at a first boot, and its data sources.
import { readFileSync, statSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { check } from '../../src/checks/firewall/check.ts'
import { cloudConfig, yaml } from '../../src/cli/controller/clusters/user-data/cloud-config.ts'
import { type Given, RENDER } from '../../src/cli/controller/clusters/user-data/formats.ts'
import { networkConfig } from '../../src/cli/controller/clusters/user-data/network.ts'
import { prepare, type Wishes } from '../../src/cli/controller/clusters/user-data/preparation.ts'
import { type Cni, NodeRole } from '../../src/protocol/names.ts'
import { fakeHost } from '../support/fake-host.ts'
import { procFiles } from '../support/fixtures/proc-net.ts'
import { rootWith } from '../support/testbed/debian-root.ts'
import { must, run } from '../support/testbed/run.ts'

const SUPPORT = join(import.meta.dirname, '../support/cloud-init')
const SCRIPT = "sh <<'END'\ncluster='it''s: #1'\n\tprintf '%s\\n' \"$HOME\" é\nEND\n"
const WISHES: Wishes = {
  entry: { kind: 'join', script: SCRIPT },
  ...{ hostname: undefined, isNamedBySerial: false, ntp: [], firewall: undefined },
}
const BAKED: Wishes['entry'] = {
  kind: 'baked',
  set: 'factory-2',
  credentials: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
  passphrase: 'abcde-fghij',
}
const NIC = { mac: '52:54:00:12:34:56', address: '10.1.2.3/24', gateway: '10.1.2.1', nameServers: ['10.1.2.2'] }

let root: string
let directory: string
beforeAll(async () => {
  root = await rootWith('cloud-init')
  directory = await mkdtemp(join(tmpdir(), 'cloud-init-'))
}, 300_000)
afterAll(() => rm(directory, { recursive: true, force: true }))

const given = (wishes: Wishes, network?: Given['network']): Given => ({
  ...{ preparation: prepare(wishes), set: 'factory-2', directory: 'seed', network, nic: undefined, machine: {} },
})

/** Runs a program in the root directory, with these files in its /tmp. */
async function inRoot(argv: string[], files: Record<string, string>, stdin = '') {
  const inside = await mkdtemp(join(root, 'tmp/given-'))
  await chmod(inside, 0o755)
  for (const [name, text] of Object.entries(files)) await writeFile(join(inside, name), text)
  const place = inside.slice(root.length)
  const ran = await run(['chroot', root, ...argv.map((word) => word.replace('DIR', place))], {
    stdin,
    timeoutMs: 60_000,
  })
  const left = Object.fromEntries(
    await Promise.all(
      (await filesBelow(inside)).map(async (path) => [path, await readFile(join(inside, path), 'utf8')]),
    ),
  )
  await rm(inside, { recursive: true })
  return { ...ran, left: left as Record<string, string> }
}

const filesBelow = async (path: string) =>
  (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))

interface FirstBoot {
  hostname: string
  errors: unknown[]
  verified: string
  firewall: unknown
  text(path: string): string
  mode(path: string): string
}

async function firstBoot(wishes: Wishes, serial = 'none', roles: NodeRole[] = []): Promise<FirstBoot> {
  const place = await mkdtemp(join(directory, 'boot-'))
  await mkdir(join(place, 'seed'))
  for (const [name, text] of Object.entries(RENDER.nocloud(given(wishes)).files))
    await writeFile(join(place, 'seed', name), text)
  const namespaces = ['unshare', '--mount', '--uts', '--net', '--pid', '--ipc', '--fork']
  await must([...namespaces, join(SUPPORT, 'first-boot.sh'), root, place, serial], { timeoutMs: 100_000 })
  const read = (name: string) => readFileSync(join(place, name), 'utf8')
  const upper = (path: string) => join(place, 'upper', path)
  return {
    hostname: read('hostname').trim(),
    errors: JSON.parse(read('result.json')).v1.errors,
    verified: read('verified'),
    firewall: wishes.firewall && (await verdict(read('ruleset.json'), roles)),
    text: (path) => readFileSync(upper(path), 'utf8'),
    mode: (path) => (statSync(upper(path)).mode & 0o777).toString(8),
  }
}

/** Of the own check, for a machine with this ruleset. */
function verdict(ruleset: string, roles: NodeRole[]) {
  const host = fakeHost({ files: procFiles([]).files })
  host.on(['nft', '-j', 'list', 'ruleset'], { stdout: ruleset })
  return check.look(host, { roles, ownStateDirectory: '/var/lib/cantrip' })
}

describe('a first boot', () => {
  test('with everything: files, name from the serial number, clock, no swap, services, rules', async () => {
    const all: Wishes = {
      ...WISHES,
      isNamedBySerial: true,
      ntp: ['ntp.example.org'],
      firewall: { roles: ['master'], cni: 'flannel' },
    }
    const boot = await firstBoot(all, 'VMware-42 1A/0f', ['master'])
    expect(boot.errors).toEqual([])
    expect(boot.hostname).toBe('vmware-42-1a-0f')
    expect(boot.text('etc/hostname')).toBe('vmware-42-1a-0f\n')
    expect(boot.text('etc/hosts')).toContain('127.0.1.1 vmware-42-1a-0f\n')
    expect(boot.text('etc/cantrip-day0/join.sh')).toBe(SCRIPT)
    expect(boot.mode('etc/cantrip-day0/join.sh')).toBe('600')
    expect(boot.text('etc/systemd/timesyncd.conf.d/cloud-init.conf')).toContain('NTP=ntp.example.org')
    expect(boot.text('etc/fstab')).toContain('#UUID=1 none swap')
    expect(boot.text('etc/fstab')).toContain('\nUUID=2 / ext4')
    const enabled = await readdir(join(directory, (await readdir(directory))[0] ?? '', 'upper/etc/systemd/system'))
    expect(enabled).toEqual(expect.arrayContaining(['multi-user.target.wants', 'swap.target', 'sysinit.target.wants']))
    expect(boot.verified).toBe('')
    expect(boot.firewall).toMatchObject({ kind: 'pass', found: '1 chains, which allow traffic of the cluster' })
  })

  test('of an image with the agent: NAME.pem is there at the end, with the given hostname', async () => {
    const boot = await firstBoot({ ...WISHES, entry: BAKED, hostname: 'node-7' })
    expect(boot.errors).toEqual([])
    expect(boot.hostname).toBe('node-7')
    const files = ['etc/cantrip-day0/factory-2.pem', 'etc/cantrip-day0/factory-2-passphrase.txt']
    expect(files.map(boot.mode)).toEqual(['600', '600'])
    expect(files.map(boot.text)).toEqual([BAKED.kind === 'baked' && BAKED.credentials, 'abcde-fghij\n'])
  })

  test.each([
    ['To be filled by O.E.M.', /^[0-9a-f]{32}$/],
    ['0123456789', /^node-0123456789$/],
    ["'; touch /pwned; '", /^touch-pwned$/],
  ])('with the serial number %j', async (serial, name) => {
    const boot = await firstBoot({ ...WISHES, isNamedBySerial: true }, serial)
    expect(boot).toMatchObject({ errors: [], hostname: expect.stringMatching(name) })
    expect(() => boot.text('pwned')).toThrow()
  })
})

describe('the firewall lets the cluster through, and nothing else', () => {
  const load = async (roles: NodeRole[], cni: Cni) => {
    const rules = prepare({ ...WISHES, firewall: { roles, cni } }).files.find(({ path }) => path.endsWith('.nft'))
    const file = join(directory, `${roles.join('-')}-${cni}.nft`)
    await writeFile(file, rules?.content ?? '')
    return must(['unshare', '--net', 'sh', '-c', 'nft -f "$1" && nft -j list ruleset', 'sh', file])
  }

  test.each(
    NodeRole.options.flatMap((role) =>
      (['flannel', 'calico', 'cilium', 'none'] as const).map((cni) => [role, cni] as const),
    ),
  )('of a %s with %s', async (role, cni) => {
    expect(await verdict(await load([role], cni), [role])).toEqual({
      kind: 'pass',
      found: '1 chains, which allow traffic of the cluster',
    })
  })

  test('the rules of a worker are not enough for a master', async () => {
    const found = await verdict(await load(['worker'], 'flannel'), ['master'])
    expect(found).toMatchObject({
      kind: 'fail',
      found: expect.stringContaining('6443/tcp, 2379/tcp, 2380/tcp from other nodes'),
    })
  })
})

test('every form passes the schema of cloud-init', async () => {
  const forms: Wishes[] = [
    WISHES,
    { ...WISHES, entry: BAKED, hostname: 'node-7', ntp: ['10.0.0.1', 'ntp.example.org'] },
    { ...WISHES, isNamedBySerial: true, firewall: { roles: ['master', 'worker'], cni: 'cilium' } },
  ]
  for (const wishes of forms) {
    const files = { 'user-data': cloudConfig(prepare(wishes)) }
    const ran = await inRoot(['cloud-init', 'schema', '--config-file', 'DIR/user-data'], files)
    expect(ran, ran.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('Valid cloud-config') })
  }
  const wrong = cloudConfig(prepare(WISHES)).replace('runcmd:', 'runcmd: 7\nother:')
  expect(
    await inRoot(['cloud-init', 'schema', '--config-file', 'DIR/user-data'], { 'user-data': wrong }),
  ).toMatchObject({ code: 1 })
})

describe.each([1, 2] as const)('network configuration version %i', (version) => {
  test.each([
    ['networkd', /MACAddress=52:54:00:12:34:56/i, /Address=10\.1\.2\.3\/24/],
    ['netplan', /macaddress: '?52:54:00:12:34:56/, /10\.1\.2\.3\/24/],
    ['eni', /iface eth0 inet static/, /address 10\.1\.2\.3\/24/],
    ['sysconfig', /HWADDR=52:54:00:12:34:56/, /IPADDR=10\.1\.2\.3/],
    ['network-manager', /eth0|mac-address=52:54:00:12:34:56/i, /10\.1\.2\.3\/24/],
  ])('as %s', async (renderer, match, address) => {
    const argv = ['cloud-init', 'devel', 'net-convert', '-p', 'DIR/network', '-k', 'yaml', '-d', 'DIR/out']
    const distro = ['sysconfig', 'network-manager'].includes(renderer) ? 'rhel' : 'debian'
    const files = { network: yaml({ network: networkConfig(version, NIC) }) }
    const ran = await inRoot([...argv, '-D', distro, '-O', renderer, '-m', `eth0,${NIC.mac}`], files)
    expect(ran.code, ran.stderr).toBe(0)
    const text = Object.entries(ran.left)
      .flatMap(([name, each]) => (name === 'network' ? [] : [each]))
      .join('\n')
    expect(text).toMatch(match)
    expect(text).toMatch(address)
    expect(text).toContain('10.1.2.1')
    expect(text).toContain('10.1.2.2')
  })
})

test('the data sources VMware and OVF read the same from the keys and the properties', async () => {
  const wishes: Wishes = { ...WISHES, hostname: 'node-7' }
  const network = networkConfig(2, NIC)
  const { files } = RENDER.vsphere(given(wishes, network))
  const keys = Object.fromEntries(
    [...(files['guestinfo.vmx'] ?? '').matchAll(/^guestinfo\.(\S+) = "(.*)"$/gm)].map(([, key = '', value = '']) => [
      `VMX_GUESTINFO_${key.toUpperCase().replaceAll('.', '_')}`,
      value,
    ]),
  )
  const properties: { Key: string; Value: string }[] = JSON.parse(files['ovf-properties.json'] ?? '').PropertyMapping
  const ovf = `<Environment xmlns="http://schemas.dmtf.org/ovf/environment/1" xmlns:oe="http://schemas.dmtf.org/ovf/environment/1"><PropertySection>${properties
    .map(({ Key, Value }) => `<Property oe:key="${Key}" oe:value="${Value}"/>`)
    .join('')}</PropertySection></Environment>`
  const stdin = JSON.stringify({ environment: { VMX_GUESTINFO: '1', ...keys }, ovf })
  const source = await readFile(join(SUPPORT, 'sources.py'), 'utf8')
  const ran = await inRoot(['python3', 'DIR/sources.py'], { 'sources.py': source }, stdin)
  expect(ran.code, ran.stderr).toBe(0)
  const read = JSON.parse(ran.stdout)
  const userData = cloudConfig(prepare(wishes))
  const identity = { 'instance-id': 'cantrip-factory-2', 'local-hostname': 'node-7' }
  expect(read.vmware).toMatchObject({ userData, metadata: identity, network })
  expect(read.ovf).toMatchObject({ userData, metadata: { ...identity, 'network-config': network } })
})
