/** `controller push` to a node with the sshd and the sudo of Debian. test/e2e/pushed.ts goes on until a cluster is READY. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HostResult } from '../../src/cli/controller/push/host-result.ts'
import { importTinyBundle } from '../support/controller/bundle.ts'
import { executables } from '../support/site/artefacts.ts'
import { createCluster, nodeRow, openSite, type Site } from '../support/site/site.ts'
import * as server from '../support/testbed/ssh-server.ts'
import * as testbed from '../support/testbed/testbed.ts'
import { waitFor } from '../support/wait-for.ts'

const why = testbed.whyNot()
const bed = testbed.bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-push-${process.pid}`)
const MINUTES = 60_000
const PASSWORD = `it's "bob"`
const PASSPHRASE = 'open sesame'
/** One for each user, because an inventory names an address with a port once. */
const PORTS = { root: 22, ann: 2202, bob: 2203, eve: 2204, dead: 2205, slow: 2206 }
const OTHER_KEY_PORT = 2201
const SILENT_PORT = 2299
let node: testbed.Node
let site: Site
let key: server.KeyPair
let locked: server.KeyPair
let hostKey: server.KeyPair
let agent: ChildProcess | undefined
const file = (name: string) => join(site.directory, name)

beforeAll(async () => {
  if (why) return
  node = await testbed.up({ name: 'one', bed })
  site = await openSite(bed, { flags: ['--agents', dirname(executables.agent)] })
  await createCluster(site, { name: 'factory', overrides: {} })
  key = await server.sshKey(site.directory, 'id')
  locked = await server.sshKey(site.directory, 'locked', PASSPHRASE)
  hostKey = await server.sshKey(site.directory, 'host')
  const otherKey = await server.sshKey(site.directory, 'other')
  await server.addSshServer(node)
  const keys = [key, locked]
  await server.addUser(node, { name: 'root', keys })
  await server.addUser(node, { name: 'ann', keys, sudoers: 'ALL=(ALL:ALL) NOPASSWD: ALL' })
  await server.addUser(node, { name: 'bob', keys, password: PASSWORD, sudoers: 'ALL=(ALL:ALL) ALL' })
  for (const name of ['eve', 'dead', 'slow']) await server.addUser(node, { name, keys, password: PASSWORD })
  const settings = ['Match User dead', 'ForceCommand kill -9 $PPID', 'Match User slow', 'ForceCommand sleep 600']
  const known = await server.startSshd(node, { ports: Object.values(PORTS), hostKey, settings })
  await server.startSshd(node, { ports: [OTHER_KEY_PORT], hostKey: otherKey })
  await writeFile(file('known'), known + server.knownHost(node.address, OTHER_KEY_PORT, hostKey))
  await writeFile(file('none'), '')
  await writeFile(file('sudo.txt'), `${PASSWORD}\n`, { mode: 0o600 })
  await writeFile(file('wrong.txt'), 'wrong\n', { mode: 0o600 })
  const silent = [`TCP-LISTEN:${SILENT_PORT},fork`, 'EXEC:sleep 600']
  await testbed.execOk(node, ['systemd-run', '--quiet', '--unit=silent', 'socat', ...silent])
}, 3 * MINUTES)
afterAll(async () => {
  agent?.kill()
  await site?.close()
  await testbed.downAll(bed)
}, MINUTES)

const line = (name: string, port: number, more = '') =>
  `${name} ansible_host=${node.address} ansible_port=${port} ansible_user=${name} ${more}\n`
const WITH_KEY = () => ['--ssh-key', key.file]
const TRUSTING = 'known'

interface Pushed {
  code: number | null
  out: string
  err: string
}

function argvOf(known: string): string[] {
  const options = [`UserKnownHostsFile=${file(known)}`, 'GlobalKnownHostsFile=/dev/null']
  const given = options.flatMap((each) => ['--ssh-option', each])
  return ['push', 'factory', '--inventory', file('hosts.ini'), ...given]
}

/** Pushes to these lines of an inventory. Nothing of the person who runs the tests is used. */
async function push(
  workers: string,
  flags: readonly string[],
  { known = TRUSTING, env = {} }: { known?: string; env?: Record<string, string> } = {},
): Promise<Pushed> {
  await writeFile(file('hosts.ini'), `[workers]\n${workers}`)
  const argv = argvOf(known)
  const own = { ...site.environment, NO_COLOR: '1', ...env }
  const { code, stdout, stderr } = await site.cli([...argv, ...flags], { env: own, timeoutMs: 3 * MINUTES })
  return { code, out: stdout, err: stderr }
}

/** Begins to push to these lines, in a process that a test can stop. */
async function begin(workers: string, flags: readonly string[], env: Record<string, string> = {}) {
  await writeFile(file('hosts.ini'), `[workers]\n${workers}`)
  const all = [site.executable, ...argvOf(TRUSTING), ...WITH_KEY(), ...flags]
  const [program = '', ...args] = testbed.inNetwork(bed, all)
  const child = spawn(program, args, { env: { ...site.environment, NO_COLOR: '1', ...env }, stdio: 'pipe' })
  return { child, out: text(child.stdout), err: text(child.stderr), ended: once(child, 'exit') }
}

async function results(...given: Parameters<typeof push>): Promise<HostResult[]> {
  const [workers, flags, where] = given
  const { out, err } = await push(workers, [...flags, '-o', 'json'], where)
  if (!out.startsWith('[')) throw new Error(`no result: ${out}${err}`)
  return JSON.parse(out)
}
const short = (all: readonly HostResult[]) => all.map(({ name, outcome, error }) => [name, outcome, error?.code])
/** The host is as it was before. */
async function uninstalled(): Promise<void> {
  const restored = await testbed.execOk(node, ['cantrip-agent', 'uninstall', '--yes'], { timeoutMs: MINUTES })
  expect(restored).toContain('host restored: 0 differences')
}
const isInstalled = () => existsSync(join(testbed.path(node), '/usr/local/bin/cantrip-agent'))

test(
  'a host that is not in known_hosts, and one with another key, are refused',
  async ({ skip }) => {
    if (why) skip(why)
    const hosts = line('root', PORTS.root)
    const unknown = await push(hosts, WITH_KEY(), { known: 'none' })
    expect(unknown).toMatchObject({ code: 4, err: expect.stringContaining('(push/unknown-host-key)') })
    expect(unknown.err).toContain(`-i ${key.file} -p 22 -l root -- ${node.address}`)
    expect(unknown.err).toContain('1 of 1 hosts failed: root')
    for (const flags of [WITH_KEY(), [...WITH_KEY(), '--accept-new-host-keys']]) {
      const changed = await push(line('root', OTHER_KEY_PORT), flags)
      expect(changed).toMatchObject({ code: 4, err: expect.stringContaining('(push/changed-host-key)') })
    }
    expect(isInstalled()).toBe(false)
  },
  MINUTES,
)

test(
  'root, sudo without a password, sudo with one',
  async ({ skip }) => {
    if (why) skip(why)
    const hosts = line('root', PORTS.root) + line('ann', PORTS.ann) + line('bob', PORTS.bob)
    const all = await results(hosts, [...WITH_KEY(), '--dry-run', '--become-password-file', file('sudo.txt')])
    expect(all).toMatchObject(
      ['root', 'ann', 'bob'].map((name) => ({
        name,
        outcome: 'planned',
        actions: ['install', 'approve', 'configure'],
      })),
    )
    expect(isInstalled()).toBe(false)
  },
  MINUTES,
)

test(
  'a wrong password, none, no rights, and no sudo wanted are named at once',
  async ({ skip }) => {
    if (why) skip(why)
    const errors = async (hosts: string, ...flags: string[]) =>
      (await results(hosts, [...WITH_KEY(), '--dry-run', ...flags])).map(({ error }) => error?.message)
    const bob = line('bob', PORTS.bob)
    const beganMs = performance.now()
    expect(await errors(bob, '--become-password-file', file('wrong.txt'))).toEqual([
      expect.stringMatching(
        /^the machine says: sudo does not let user bob become root with this password: sudo: (no password was provided|1 incorrect)/,
      ),
    ])
    expect(performance.now() - beganMs).toBeLessThan(20_000)
    expect(await errors(bob)).toEqual([expect.stringContaining('without a password: sudo: a password is required')])
    expect(await errors(bob, '--become', 'none')).toEqual([
      'the machine says: user bob is not root, and --become is none',
    ])
    expect(await errors(line('eve', PORTS.eve), '--become-password-file', file('sudo.txt'))).toEqual([
      expect.stringContaining('eve is not in the sudoers file'),
    ])
  },
  MINUTES,
)

test(
  'a key with a passphrase by an ssh-agent, and no other key',
  async ({ skip }) => {
    if (why) skip(why)
    const socket = file('agent.sock')
    agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
    await waitFor('the ssh-agent', () => existsSync(socket))
    await server.loadIntoAgent(socket, locked, PASSPHRASE)
    const hosts = line('root', PORTS.root)
    expect(short(await results(hosts, ['--dry-run'], { env: { SSH_AUTH_SOCK: socket } }))).toEqual([
      ['root', 'planned', undefined],
    ])
    const withoutAgent = await results(hosts, ['--dry-run', '--ssh-key', locked.file])
    expect(short(withoutAgent)).toEqual([['root', 'failed', 'push/denied']])
  },
  MINUTES,
)

test(
  'through a jump host, whose key is verified too',
  async ({ skip }) => {
    if (why) skip(why)
    const hosts = 'inside ansible_host=127.0.0.1 ansible_port=22 ansible_user=ann\n'
    const jump = ['--jump', `root@${node.address}`, '--dry-run', ...WITH_KEY()]
    expect(short(await results(hosts, jump.slice(2)))).toEqual([['inside', 'failed', 'push/unreachable']])
    expect(short(await results(hosts, jump))).toEqual([['inside', 'failed', 'push/unknown-host-key']])
    const known = await readFile(file(TRUSTING), 'utf8')
    await writeFile(file('inside'), known.replaceAll(node.address, '127.0.0.1') + known)
    expect(short(await results(hosts, jump, { known: 'inside' }))).toEqual([['inside', 'planned', undefined]])
    const fresh = await results(hosts, [...jump, '--accept-new-host-keys'], { known: 'fresh' })
    expect(short(fresh)).toEqual([['inside', 'planned', undefined]])
    expect((await readFile(file('fresh'), 'utf8')).trim().split('\n'), 'both keys').toHaveLength(2)
  },
  MINUTES,
)

test(
  'hosts that die, hang or never answer hold up no other',
  async ({ skip }) => {
    if (why) skip(why)
    const hosts = `${line('dead', PORTS.dead)}${line('slow', PORTS.slow)}silent ansible_host=${node.address} ansible_port=${SILENT_PORT}
away ansible_host=10.90.0.250\n${line('root', PORTS.root)}`
    const beganMs = performance.now()
    const all = await results(hosts, [...WITH_KEY(), '--dry-run', '--timeout', '20s'])
    expect(performance.now() - beganMs).toBeLessThan(40_000)
    expect(short(all)).toEqual([
      ['dead', 'failed', 'push/connection-lost'],
      ['slow', 'failed', 'push/timeout'],
      ['silent', 'failed', 'push/unreachable'],
      ['away', 'failed', 'push/unreachable'],
      ['root', 'planned', undefined],
    ])
    expect(all.at(-1)?.seconds).toBeLessThan(10)
  },
  2 * MINUTES,
)

test(
  'Ctrl-C ends the connections, and leaves no file',
  async ({ skip }) => {
    if (why) skip(why)
    const temporary = file('temporary')
    await mkdir(temporary)
    const sleeping = async () => (await testbed.exec(node, ['pgrep', '--uid', 'slow', 'sleep'])).stdout
    const before = await sleeping()
    const { child, out, err, ended } = await begin(line('slow', PORTS.slow), ['--dry-run'], { TMPDIR: temporary })
    await waitFor('the host to hang', async () => (await sleeping()) !== before)
    expect(readdirSync(temporary)).toHaveLength(1)
    const beganMs = performance.now()
    child.kill('SIGINT')
    const [code] = await ended
    expect(performance.now() - beganMs).toBeLessThan(5_000)
    expect([code, await err], await out).toEqual([130, expect.stringContaining('run the same command again')])
    expect(readdirSync(temporary)).toEqual([])
  },
  MINUTES,
)

test(
  'without a bundle nothing is prepared, and an unfit host gets nothing',
  async ({ skip }) => {
    if (why) skip(why)
    const found = () => testbed.execOk(node, ['find', '/', '-xdev', '-name', '*cantrip*', '-not', '-path', '/proc/*'])
    const before = await found()
    const none = await push(line('ann', PORTS.ann), [...WITH_KEY(), '--prepare-only'])
    expect(none).toMatchObject({ code: 7, err: expect.stringContaining('(push/no-bundle)') })
    await importTinyBundle(file('data'), {})
    await testbed.execOk(node, ['install', '-D', '/dev/null', '/etc/kubernetes/manifests/kube-apiserver.yaml'])
    const [unfit] = await results(line('ann', PORTS.ann), [...WITH_KEY(), '--prepare-only'])
    await testbed.execOk(node, ['rm', '/etc/kubernetes/manifests/kube-apiserver.yaml'])
    await testbed.execOk(node, ['rmdir', '/etc/kubernetes/manifests', '/etc/kubernetes'])
    expect(unfit).toMatchObject({
      outcome: 'failed',
      error: { code: 'push/unfit', message: expect.stringContaining('previous-kubernetes') },
    })
    expect(await found()).toBe(before)
  },
  2 * MINUTES,
)

test(
  'a host becomes a node, approved by its key, with its role; a second run changes nothing',
  async ({ skip }) => {
    if (why) skip(why)
    const flags = [...WITH_KEY(), '--become-password-file', file('sudo.txt')]
    const hosts = line('bob', PORTS.bob, "node_labels='line=a'")
    const joined = await push(hosts, flags)
    expect(joined.code, joined.out + joined.err).toBe(0)
    expect(joined.out).toMatch(/^bob +\S+ +worker +joined +install,approve,label,configure +one +CONFIGURED /m)
    expect(joined.out).toContain('Next: controller cluster provision factory')
    expect(await nodeRow(site, 'one')).toMatchObject({ state: 'CONFIGURED', roles: ['worker'] })
    expect(await testbed.execOk(node, ['cat', '/etc/cantrip/agent.json'])).toContain('"line": "a"')
    const sets = await site.json<{ name: string; enrolled: number; state: string }[]>('creds', 'list', 'factory')
    expect(
      sets.filter(({ state }) => state === 'valid').map(({ name }) => name),
      'the others are revoked',
    ).toEqual(['factory'])
    const again = await push(hosts, flags)
    expect(again.out).toMatch(/^bob +\S+ +worker +unchanged +one +CONFIGURED /m)
    expect(await site.json('creds', 'list', 'factory'), 'no further credentials').toHaveLength(sets.length)
    const journal = await testbed.execOk(node, ['journalctl', '--no-pager'])
    for (const secret of [PASSWORD, 'END-OF-WORK']) expect(joined.out + joined.err + journal).not.toContain(secret)
    const [changed] = await results(hosts.replace('ansible_user', 'cantrip_roles=master ansible_user'), flags)
    expect(changed).toMatchObject({ outcome: 'changed', actions: ['configure'] })
    await uninstalled()
  },
  3 * MINUTES,
)

test(
  'a host that loses power while it is installed is named, and the next run does the rest',
  async ({ skip }) => {
    if (why) skip(why)
    const hosts = line('root', PORTS.root)
    const { child, out, err, ended } = await begin(hosts, [])
    let printed = ''
    child.stdout.on('data', (more) => (printed += more))
    await waitFor('the installation', () => printed.includes('root: Installing node agent'))
    await testbed.kill(node)
    const beganMs = performance.now()
    const [code] = await ended
    expect([code, await err], await out).toEqual([4, expect.stringContaining('(push/connection-lost)')])
    expect(performance.now() - beganMs).toBeLessThan(40_000)
    await testbed.boot(node)
    await server.startSshd(node, { ports: Object.values(PORTS), hostKey })
    expect(short(await results(hosts, WITH_KEY()))).toEqual([['root', 'joined', undefined]])
    expect(short(await results(hosts, WITH_KEY()))).toEqual([['root', 'unchanged', undefined]])
    await uninstalled()
  },
  3 * MINUTES,
)
