import { execFile, execFileSync, spawn } from 'node:child_process'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DEFAULT_VERSIONS } from '../../src/bundle/versions/sets.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { decryptKey } from '../../src/pki/decrypt-key.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'
import { readPem, toPem } from '../../src/pki/pem.ts'
import type { AdminAccess } from '../../src/protocol/api/access.ts'
import { Enrolment } from '../../src/protocol/api/identities/installer.ts'
import { connectAgent, type ScriptedAgent } from '../support/controller/agent.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { call, type EnrolledNode, enrolNode, type Installer } from '../support/controller/client.ts'
import { programEnvironment } from '../support/program-environment.ts'
import { CONTROLLER } from '../support/programs/programs.ts'
import { waitFor } from '../support/wait-for.ts'

let directory: string
let controller: Controller

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'controller-cli-'))
  await importSmallBundle(join(directory, 'data'), Buffer.from('kubelet'))
  controller = await startController({ dataDirectory: join(directory, 'data'), listen: { host: '127.0.0.1', port: 0 } })
})
afterAll(async () => {
  await controller.close()
  rmSync(directory, { recursive: true })
})

interface Ran {
  code: number
  out: string
  err: string
}

function run(argv: string[], environment: Record<string, string> = {}): Promise<Ran> {
  const env = programEnvironment({ HOME: directory, CANTRIP_ADMIN: controller.adminFile, ...environment })
  return new Promise((resolve) => {
    execFile(process.execPath, [CONTROLLER, ...argv], { cwd: directory, env }, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err })
    })
  })
}

const json = async (...argv: string[]) => JSON.parse((await run([...argv, '-o', 'json'])).out)
const text = (name: string) => readFileSync(join(directory, name), 'utf8')

it('agents accept 16 URLs of controllers: more are an error', async () => {
  const urls = Array.from({ length: 17 }, (_, at) => ['--public-url', `https://10.0.0.${at + 1}:8443`]).flat()
  const ran = await run(['serve', '--data', join(directory, 'other'), ...urls])
  expect(ran).toMatchObject({ code: 2, err: expect.stringContaining('At most 16 are possible.') })
})

it('writes the two files for enrolment, readable by the owner only, and never overwrites files', async () => {
  const made = await run(['cluster', 'create', 'factory', '--label', 'site=north', '--pod-subnet', '10.20.0.0/16'])
  expect(made).toMatchObject({ code: 0, err: '' })
  expect(made.out).toContain('sudo ./agent --creds-file factory.pem --passphrase-file factory-passphrase.txt')
  for (const name of ['factory.pem', 'factory-passphrase.txt']) {
    expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600)
  }
  const passphrase = text('factory-passphrase.txt').trim()
  expect(made.out + made.err).not.toContain(passphrase)
  const blocks = readPem(text('factory.pem'))
  expect(blocks.map(({ label }) => label)).toEqual([
    'CERTIFICATE',
    'ENCRYPTED PRIVATE KEY',
    'CERTIFICATE',
    'CANTRIP ENROLMENT',
  ])
  const [certificate, key, ca, enrolment] = blocks.map(({ label, der }) => ({ pem: toPem(label, der), der }))
  const opened = decryptKey(key?.pem ?? '', passphrase)
  const issued = new X509Certificate(certificate?.pem ?? '')
  expect(createPublicKey(opened).equals(issued.publicKey)).toBe(true)
  expect(issued.verify(new X509Certificate(ca?.pem ?? '').publicKey)).toBe(true)
  expect(Enrolment.parse(JSON.parse(enrolment?.der.toString() ?? '')).urls).toEqual([controller.url])

  const again = await run(['cluster', 'create', 'factory'])
  expect([again.code, again.err]).toEqual([2, expect.stringContaining('create/file-exists')])
  expect(text('factory-passphrase.txt').trim()).toBe(passphrase)
  const elsewhere = await run(['cluster', 'create', 'factory', '--output', './elsewhere'])
  expect([elsewhere.code, elsewhere.err]).toEqual([7, expect.stringContaining('cluster/exists')])
  expect(() => statSync(join(directory, 'elsewhere/factory.pem'))).toThrow()
})

it('reads settings from a file; flags take precedence', async () => {
  writeFileSync(
    join(directory, 'lab.yaml'),
    'cni: none\nlocation: cellar\noverrides:\n  kubelet: |\n    failSwapOn: false\n',
  )
  writeFileSync(join(directory, 'wrong.yaml'), 'colour: red\n')
  writeFileSync(join(directory, 'proxy.yaml'), 'conntrack: {min: 0}\n')
  const flags = ['-f', 'lab.yaml', '--location', 'attic', '--override', 'kube-proxy=proxy.yaml', '--installer-ttl', '3']
  expect((await run(['cluster', 'create', 'lab', ...flags])).code).toBe(0)
  expect((await json('cluster', 'show', 'lab')).settings).toMatchObject({
    cni: 'none',
    location: 'attic',
    installerTtlDays: 3,
    overrides: { kubelet: 'failSwapOn: false\n', 'kube-proxy': 'conntrack: {min: 0}\n' },
  })
})

it.each([
  [['cluster', 'create', 'Bad_Name'], 2, 'cluster/bad-name'],
  [['cluster', 'create', 'x1', '--pod-subnet', '10.96.0.0/16'], 2, 'subnet/overlap'],
  [['cluster', 'create', 'xa', '--service-subnet', '10.100.0.0/12'], 2, 'wanted 10.96.0.0/12'],
  [['cluster', 'create', 'xb', '--pod-subnet', 'fd00::/64'], 7, 'unsupported'],
  [
    ['cluster', 'create', 'xc', '--api-endpoint', 'LB:99999'],
    2,
    'found apiEndpoint "LB:99999"; wanted HOST:PORT, a name',
  ],
  [['cluster', 'create', 'x2', '--pod-subnet', '10.0.0.0'], 2, 'found podSubnet "10.0.0.0"; wanted ADDRESS/PREFIX'],
  [['cluster', 'create', 'x3', '--kubernetes-version', '1.36'], 2, 'settings/invalid'],
  [['cluster', 'create', 'x7', '--installer-ttl', 'long'], 2, 'wanted a number of days'],
  [['cluster', 'create', 'x8', '--label', 'a b=c'], 2, 'wanted a Kubernetes label KEY=VALUE'],
  [['cluster', 'create', 'x9', '-f', 'wrong.yaml'], 2, 'unknown setting colour'],
  [['cluster', 'create', 'x4', '--override', 'etcd=lab.yaml'], 2, 'settings/unknown-component'],
  [['cluster', 'create', 'x5', '--override', 'kubelet=nowhere.yaml'], 2, 'settings/missing'],
  [['cluster', 'create', 'x6', '--cni', 'wires'], 2, 'Allowed choices are flannel'],
  [['cluster', 'show', 'nowhere'], 2, 'cluster/unknown'],
  [['cluster', 'kubeconfig', 'nowhere'], 2, 'no cluster nowhere'],
  [['cluster', 'provision', 'factory'], 7, 'cluster/no-nodes'],
  [['node', 'configure', 'x', '--role', 'boss'], 2, 'Each must be one of master, worker, storage.'],
  [['node', 'approve', 'nobody'], 2, 'node/unknown'],
  [['serve', '--listen', 'nonsense'], 2, 'It must be HOST:PORT'],
  [['conjure'], 2, 'unknown command'],
  [['cluster', 'list', '--admin', '/nowhere/admin.json'], 2, 'admin/missing'],
])('%j exits with %i and prints %s', async (argv, code, text) => {
  const ran = await run(argv)
  expect([ran.code, ran.out]).toEqual([code, ''])
  expect(ran.err).toContain(text)
  expect(ran.err).not.toMatch(/^\s+at /m)
})

it.skipIf(process.getuid?.() !== 0)('as root, refuses files that other users can write', async () => {
  const at = (name: string) => join(directory, name)
  writeFileSync(at('theirs.yaml'), 'cni: flannel')
  mkdirSync(at('theirs'))
  writeFileSync(at('theirs/admin.json'), readFileSync(controller.adminFile))
  for (const name of ['theirs.yaml', 'theirs']) chownSync(at(name), 1000, 1000)
  symlinkSync('lab.yaml', at('link.yaml'))
  execFileSync('mkfifo', [at('pipe.yaml')])
  const refusals: [argv: string[], text: string][] = [
    [['cluster', 'create', 'y1', '-f', 'theirs.yaml'], 'settings/foreign-owner'],
    [['cluster', 'create', 'y2', '--override', 'kubelet=theirs.yaml'], 'install -m 600 theirs.yaml /root/theirs.yaml'],
    [['cluster', 'create', 'y3', '-f', 'link.yaml'], 'is a link to lab.yaml'],
    [['cluster', 'create', 'y4', '-f', 'pipe.yaml'], 'settings/not-a-file'],
    [['cluster', 'list', '--admin', 'theirs/admin.json'], 'admin/foreign-directory'],
    [['bundle', 'verify', 'any', '--key', 'theirs.yaml'], 'bundle/foreign-owner'],
    [['serve', '--data', 'theirs', '--listen', '127.0.0.1:0'], 'data/foreign-directory'],
  ]
  for (const [argv, text] of refusals) {
    const ran = await run(argv)
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(text)])
  }
  const bySudo = await run(['cluster', 'create', 'y5', '-f', 'theirs.yaml'], { SUDO_UID: '1000' })
  expect(bySudo).toMatchObject({ code: 0, err: '' })
})

it.each<[string, (access: AdminAccess) => unknown]>([
  ['another JSON', () => ({})],
  ['an empty certificate', (access) => ({ ...access, certificate: '' })],
  ['a damaged certificate', (access) => ({ ...access, certificate: access.certificate.replace(/\n.{20}/, '\n') })],
  ['a damaged key', (access) => ({ ...access, key: access.key.replace(/\n.{20}/, '\n') })],
  ['a key that is not a key', (access) => ({ ...access, key: 'x' })],
  ['a damaged CA', (access) => ({ ...access, ca: access.ca.replace(/\n.{20}/, '\n') })],
  ['the key of another certificate', (access) => ({ ...access, key: keyToPem(createKeyPair().privateKey) })],
  ['a URL that is not https', (access) => ({ ...access, url: 'http://127.0.0.1:1' })],
])('an administrator access file with %s is named', async (_, damage) => {
  const path = join(directory, 'damaged.json')
  writeFileSync(path, JSON.stringify(damage(JSON.parse(readFileSync(controller.adminFile, 'utf8')))))
  for (const ran of [
    await run(['cluster', 'list'], { CANTRIP_ADMIN: path }),
    await run(['cluster', 'list', '--admin', path]),
  ]) {
    expect(ran.err).toMatch(/damaged\.json is not an administrator access file/)
    expect(ran.err).not.toMatch(/^\s+at |report it|PRIVATE KEY/m)
    expect(ran.code).toBe(2)
  }
})

it.skipIf(process.getuid?.() !== 0)('CANTRIP_ADMIN is judged like --admin', async () => {
  mkdirSync(join(directory, 'others'))
  writeFileSync(join(directory, 'others/admin.json'), readFileSync(controller.adminFile))
  chownSync(join(directory, 'others'), 1000, 1000)
  const ran = await run(['cluster', 'list'], { CANTRIP_ADMIN: join(directory, 'others/admin.json') })
  expect([ran.code, ran.err]).toEqual([2, expect.stringContaining('admin/foreign-directory')])
})

it('reports an unreachable controller', async () => {
  const access = JSON.parse(readFileSync(controller.adminFile, 'utf8'))
  writeFileSync(join(directory, 'gone.json'), JSON.stringify({ ...access, url: 'https://127.0.0.1:1' }))
  const ran = await run(['cluster', 'list'], { CANTRIP_ADMIN: join(directory, 'gone.json') })
  expect([ran.code, ran.err]).toEqual([6, expect.stringContaining('controller/unreachable')])
})

async function enrolled(): Promise<{ agent: ScriptedAgent; node: EnrolledNode; installer: Installer }> {
  const [certificate, key, ca] = readPem(text('factory.pem')).map(({ label, der }) => toPem(label, der))
  const opened = decryptKey(key ?? '', text('factory-passphrase.txt').trim())
  const cluster = await json('cluster', 'show', 'factory')
  const installer = { cluster, ca: ca ?? '', cert: certificate ?? '', key: keyToPem(opened) }
  const node = await enrolNode(controller, installer, 'node-1')
  return { node, installer, agent: await connectAgent(controller, node) }
}

it('brings a node from DISCOVERED to READY', async () => {
  const { agent, node } = await enrolled()
  const [listed] = await json('node', 'list')
  expect(listed).toMatchObject({
    id: node.id,
    name: 'node-1',
    cluster: 'factory',
    state: 'APPROVED',
    roles: [],
    step: null,
  })
  await waitFor('facts', async () => (await json('node', 'show', 'node-1')).facts !== null)
  const configured = await run(['node', 'configure', 'nod', '--role', 'master,worker', '--interface', 'eth1'])
  expect(configured.out).toBe('Node node-1 is CONFIGURED: master,worker at 10.1.0.1 (eth1).\n')
  expect((await json('cluster', 'plan', 'fac')).nodes).toEqual([
    { id: node.id, name: 'node-1', role: 'first-master', because: 'configured', repair: false },
  ])
  expect((await run(['cluster', 'provision', 'factory'])).out).toContain('PROVISIONING')
  const watching = run(['cluster', 'watch', 'factory', '--until', 'READY', '--timeout', '60'])
  const tooLong = await run(['cluster', 'watch', 'factory', '--until', 'READY', '--timeout', '0.2'])
  expect([tooLong.code, tooLong.err]).toEqual([4, expect.stringContaining('watch/timeout')])

  const { run: id } = await agent.instruction()
  const at = new Date().toISOString()
  agent.event(1, id, {
    kind: 'run-started',
    at,
    role: 'first-master',
    steps: [{ id: 'etcd/start', title: 'Starting etcd' }],
  })
  agent.event(2, id, { kind: 'step-started', at, step: 'etcd/start', title: 'Starting etcd' })
  agent.event(3, id, { kind: 'step-done', at, step: 'etcd/start', ms: 1_500 })
  agent.send('result', { run: id, outcome: 'done' }, 4)
  await agent.next('ack', (frame) => frame.ack === 4)
  const { privateKey } = createKeyPair()
  const order = { csr: buildCsr(privateKey, 'x') }
  const { certificate } = (await call(controller.url, node, 'POST', '/v1/operator/certificate', order)).json
  const report = {
    kubernetesVersion: DEFAULT_VERSIONS.kubernetes,
    nodes: [{ name: 'node-1', ready: true, kubeletVersion: DEFAULT_VERSIONS.kubernetes }],
    pods: [
      {
        namespace: 'kube-system',
        name: 'kube-proxy-x8zqk',
        node: 'node-1',
        ready: true,
        phase: 'Running',
        restarts: 0,
      },
    ],
    dns: true,
  }
  await call(
    controller.url,
    { ca: node.ca, cert: certificate, key: keyToPem(privateKey) },
    'POST',
    '/v1/operator/report',
    report,
  )
  const watched = await watching
  expect(watched).toMatchObject({ code: 0, err: '' })
  expect(watched.out).toContain('cluster factory is READY')
  expect((await run(['node', 'logs', 'node-1'])).out).toMatch(
    /node-1 {2}etcd\/start: done in 1\.5 s\n.*node-1 {2}READY\n$/s,
  )
  expect((await run(['cluster', 'list'])).out).toMatch(/^NAME +STATE .*\nfactory +READY +v1\.36\.3 +1 +1 +default$/m)
  expect((await run(['node', 'list', '-o', 'yaml'])).out).toContain('state: READY')
  const lines = (await run(['node', 'list', '-o', 'csv'])).out.split('\r\n')
  expect(lines[0]).toMatch(/^serial,name,cluster,roles,state,registered,joined,seconds,/)
  const time = String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`
  expect(lines[1]).toMatch(new RegExp(`^[^,]*,node-1,factory,master worker,READY,${time},${time},\\d+,10\\.1\\.0\\.1,`))
  expect(lines.slice(2)).toEqual([''])
  agent.socket.terminate()
})

it('ends a watch with exit code 4 if the cluster is FAILED', async () => {
  await run(['node', 'remove', 'node-1', '--force', '--yes'])
  const { agent } = await enrolled()
  await waitFor('facts', async () => (await json('node', 'show', 'node-1')).facts !== null)
  await run(['node', 'configure', 'node-1', '--role', 'master'])
  await run(['cluster', 'provision', 'factory'])
  const { run: id } = await agent.instruction()
  const error = { code: 'etcd/dead', message: 'etcd ended', fix: 'look at its log' }
  agent.send('result', { run: id, outcome: 'failed', error }, 1)
  const watched = await run(['cluster', 'watch', 'factory', '--until', 'READY'])
  expect([watched.code, watched.err]).toEqual([
    4,
    '[-] cluster factory is FAILED: etcd ended (etcd/dead)\n    fix: look at its log\n',
  ])
  agent.socket.terminate()
})

it('serves until SIGTERM', async () => {
  const data = join(directory, 'served')
  const served = spawn(process.execPath, [CONTROLLER, 'serve', '--data', data, '--listen', '127.0.0.1:0'])
  let out = ''
  served.stdout.on('data', (chunk: Buffer) => {
    out += chunk
  })
  await waitFor('the path of the administrator access file', () => out.includes('administrator access file'), {
    details: () => out,
  })
  expect((await run(['cluster', 'list'], { CANTRIP_ADMIN: join(data, 'admin.json') })).code).toBe(0)
  const second = await run(['serve', '--data', data, '--listen', '127.0.0.1:0'])
  expect([second.code, second.err]).toEqual([2, expect.stringContaining('store/locked')])
  served.kill('SIGTERM')
  expect(await once(served, 'exit')).toEqual([0, null])
})

it.each(['bash', 'zsh', 'fish'])('completes commands in %s', async (shell) => {
  const { code, out } = await run(['completion', shell])
  expect(code).toBe(0)
  expect(out).toContain('provision')
})

it('completes in a real shell', async () => {
  const { out } = await run(['completion', 'bash'])
  const script = `${out}\nCOMP_WORDS=(controller cluster pro); COMP_CWORD=2; _controller_completion; echo "\${COMPREPLY[@]}"`
  const answer = await new Promise<string>((resolve) => {
    execFile('bash', ['-c', script], (_, stdout) => resolve(stdout))
  })
  expect(answer).toBe('provision\n')
})

it('asks before it deletes a cluster; without a terminal, --yes is required', async () => {
  await run(['cluster', 'create', 'doomed'])
  for (const verb of ['delete', 'reset']) {
    const refused = await run(['cluster', verb, 'doomed'])
    expect(refused).toMatchObject({ code: 2, out: '' })
    expect(refused.err).toMatch(/no changes were made[\s\S]*fix: run the same command with --yes/)
  }
  expect((await run(['cluster', 'show', 'doomed'])).code).toBe(0)
  expect((await run(['cluster', 'delete', 'doomed', '--yes'])).code).toBe(0)
})
