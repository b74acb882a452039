/** `controller cluster join-command` on a bare node: the real agent, curl and wget, root and sudo, a proxy of Debian. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { openAuthority } from '../../src/controller/access/authority.ts'
import { startTerminatingProxy } from '../support/proxies/terminating-proxy.ts'
import { executables } from '../support/site/artefacts.ts'
import { createCluster, nodeRow, openSite, type Site } from '../support/site/site.ts'
import { debianPackage } from '../support/testbed/debian-package.ts'
import * as testbed from '../support/testbed/testbed.ts'
import { unpackPackage } from '../support/testbed/unpack-package.ts'
import { waitFor } from '../support/wait-for.ts'

const why = testbed.whyNot()
const bed = testbed.bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-join-${process.pid}`)
const PROXY_PORT = 3128
const TERMINATING_PORT = 3129
const HOSTILE_PORT = 9443
const MINUTES = 60_000
let node: testbed.Node
let site: Site
const children: ChildProcess[] = []

beforeAll(async () => {
  if (why) return
  node = await testbed.up({ name: 'one', bed })
  site = await openSite(bed, { flags: ['--agents', dirname(executables.agent)] })
  for (const name of ['wget', 'sudo', 'busybox-static']) await unpackPackage(node, name)
  await onNode(`useradd --create-home ann; useradd --create-home bob
echo 'ann ALL=(ALL:ALL) NOPASSWD: ALL' >/etc/sudoers.d/ann`)
  for (const name of ['factory', 'lab']) await createCluster(site, { name, overrides: {} })
}, 3 * MINUTES)
afterAll(async () => {
  for (const child of children) child.kill()
  await site?.close()
  await testbed.downAll(bed)
}, MINUTES)

const onNode = (script: string) => testbed.execOk(node, ['bash', '-euc', script], { timeoutMs: MINUTES })
const joinCommand = (cluster: string, ...flags: string[]) => site.admin('cluster', 'join-command', cluster, ...flags)

/** Pastes the command into a shell of the node. */
function paste(command: string, ...shell: string[]): Promise<testbed.Output> {
  return testbed.exec(node, shell.length > 0 ? shell : ['bash'], { stdin: command, timeoutMs: 2 * MINUTES })
}

/** A program of this machine in the network of the nodes. */
async function serve(argv: string[], port: number): Promise<void> {
  const [program = '', ...args] = testbed.inNetwork(bed, argv)
  children.push(spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] }))
  const answers = async () =>
    (await testbed.exec(node, ['bash', '-c', `</dev/tcp/${testbed.GATEWAY}/${port}`])).code === 0 || undefined
  await waitFor(`port ${port}`, answers)
}

const proxied = () => readFileSync(join(site.directory, 'tinyproxy.log'), 'utf8').match(/CONNECT \S+/g) ?? []

test(
  'a CA that the machine trusts, and the controller does not have, is not trusted',
  async ({ skip }) => {
    if (why) skip(why)
    const hostile = openAuthority(join(site.directory, 'hostile'), new Date(), false)
    const { certificate, key } = hostile.serverCertificate([testbed.GATEWAY], new Date())
    const pem = join(site.directory, 'hostile.pem')
    writeFileSync(pem, certificate + key, { mode: 0o600 })
    await serve(['openssl', 's_server', '-quiet', '-accept', `${HOSTILE_PORT}`, '-cert', pem, '-www'], HOSTILE_PORT)
    const url = `https://${testbed.GATEWAY}:${HOSTILE_PORT}`
    await onNode(`cat >/usr/local/share/ca-certificates/site.crt <<'PEM'\n${hostile.ca}PEM\nupdate-ca-certificates`)
    expect(await onNode(`curl --silent --show-error ${url}/`), 'the machine trusts it').toContain('s_server')
    expect(await onNode(`wget --quiet --output-document=- ${url}/`)).toContain('s_server')
    const command = (await joinCommand('factory')).replaceAll(site.url, url)
    for (const hidden of ['wget', 'curl']) {
      const { code, stderr } = await paste(`mv /usr/bin/${hidden} /root\n${command}`)
      await onNode(`mv /root/${hidden} /usr/bin`)
      expect([code, stderr]).toEqual([6, expect.stringContaining('does not prove to be the controller')])
    }
  },
  MINUTES,
)

test(
  'directories that are full, read-only or noexec, and users without root rights, are named',
  async ({ skip }) => {
    if (why) skip(why)
    const command = await joinCommand('factory')
    await onNode(`mkdir -p /mnt/full /mnt/read
mount -t tmpfs -o size=1m full /mnt/full; mount -t tmpfs -o ro read /mnt/read; mount -t tmpfs -o noexec noexec /tmp`)
    const { code, stderr } = await paste(`export TMPDIR=/mnt/full HOME=/mnt/read; cd /mnt/read\n${command}`)
    const others = await paste(command, 'su', '--login', 'bob', '--command', 'sh')
    const without = await paste(`mv /usr/bin/curl /usr/bin/wget /root\n${command}`)
    await onNode('umount /mnt/full /mnt/read /tmp; mv /root/curl /root/wget /usr/bin')
    expect(without).toMatchObject({ code: 3, stderr: expect.stringContaining('found neither curl nor GNU wget') })
    expect([code, stderr]).toEqual([
      4,
      expect.stringMatching(
        /^\[-\] no directory for the agent: \/mnt\/full has 1 MiB free; \/tmp is mounted with noexec; \/mnt\/read cannot be written to\n {4}fix: make 1\d\d MiB free/,
      ),
    ])
    expect(others).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('sudo does not let this user become root'),
    })
  },
  MINUTES,
)

test(
  'root, bash and curl: the node is registered, and a second paste changes nothing',
  async ({ skip }) => {
    if (why) skip(why)
    const command = await joinCommand('factory')
    const joined = await paste(command)
    expect(joined.code, joined.stdout + joined.stderr).toBe(0)
    expect(joined.stdout).toMatch(/\[\*\] Downloading the agent from https:.*[\s\S]*\[\+\] Node registered: id n-/)
    expect(await nodeRow(site, 'one')).toMatchObject({ state: 'DISCOVERED' })
    expect(await onNode('find / -xdev -name "cantrip-join.*" -o -xdev -name "*-passphrase.txt"')).toBe('')
    expect(await paste(command)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('of cluster factory already'),
    })
    expect(await paste(await joinCommand('lab'))).toMatchObject({
      ...{ code: 7, stderr: expect.stringContaining('this machine is a node of another cluster') },
    })
    const set = (await site.json<{ name: string; enrolled: number }[]>('creds', 'list', 'factory')).find(
      ({ enrolled }) => enrolled === 1,
    )
    expect(command).toContain(`name='${set?.name}'`)
    const restored = await testbed.execOk(node, ['cantrip-agent', 'uninstall', '--yes'], { timeoutMs: MINUTES })
    expect(restored).toContain('host restored: 0 differences')
  },
  3 * MINUTES,
)

test(
  'a user with sudo, busybox and wget, through a proxy',
  async ({ skip }) => {
    if (why) skip(why)
    const program = join(await debianPackage('tinyproxy-bin'), 'usr/bin/tinyproxy')
    const settings = `Port ${PROXY_PORT}\nListen ${testbed.GATEWAY}\nLogFile "${join(site.directory, 'tinyproxy.log')}"\nLogLevel Connect\n`
    writeFileSync(join(site.directory, 'tinyproxy.conf'), settings)
    await serve([program, '-d', '-c', join(site.directory, 'tinyproxy.conf')], PROXY_PORT)
    const proxy = `http://${testbed.GATEWAY}:${PROXY_PORT}`
    const command = (await joinCommand('lab', '--proxy', proxy)).replace(/^sh /, 'busybox sh ')
    await onNode('mv /usr/bin/curl /root')
    const joined = await paste(command, 'su', '--login', 'ann', '--command', 'busybox sh')
    await onNode('mv /root/curl /usr/bin')
    expect(joined.code, joined.stdout + joined.stderr).toBe(0)
    expect(joined.stdout).toContain('[+] Node registered')
    expect(await onNode('cat /etc/cantrip/agent.json')).toContain(`"proxy": "${proxy}"`)
    const to = new URL(site.url).host
    expect(proxied().slice(0, 3), 'two downloads, and the agent').toEqual(Array(3).fill(`CONNECT ${to}`))
  },
  3 * MINUTES,
)

test(
  'through a proxy that ends TLS, with curl and the whole agent',
  async ({ skip }) => {
    if (why) skip(why)
    await testbed.exec(node, ['cantrip-agent', 'uninstall', '--yes'], { timeoutMs: MINUTES })
    const proxy = await startTerminatingProxy({
      listen: `${testbed.GATEWAY}:${TERMINATING_PORT}`,
      inside: (argv) => testbed.inNetwork(bed, argv),
    })
    onTestFinished(() => proxy.stop())
    const joined = await paste(await joinCommand('lab', '--proxy', proxy.url, '--tls-terminating-proxy'))
    expect(joined.code, joined.stdout + joined.stderr).toBe(0)
    expect(joined.stdout).toContain('[+] Node registered')
    expect(JSON.parse(await onNode('cat /etc/cantrip/agent.json')).proxy).toEqual({ url: proxy.url, inspects: true })
    expect(proxy.log()).toMatch(/GET .*\/v1\/join\/agents\//)
    expect(proxy.log()).toContain('/v1/tunnel')
  },
  3 * MINUTES,
)
