import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout, setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { openapi } from '../../src/controller/api/reference/openapi.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair } from '../../src/pki/key.ts'
import type { MachineKind } from '../../src/protocol/api/access.ts'
import { PERMISSIONS, type Permission } from '../../src/protocol/api/people/permissions.ts'
import type { Route } from '../../src/protocol/api/route.ts'
import { ROUTES } from '../../src/protocol/api/routes.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { adminOf, type Credentials, call, createCluster } from '../support/controller/client.ts'
import { type Client, everyClient, LIVES, type Life, ROLES, type Role } from '../support/controller/identities.ts'
import { everyPerson, type Person } from '../support/controller/people.ts'

const routes: [string, Route][] = Object.entries(ROUTES)
const KINDS: Record<Role, MachineKind | 'admin'> = {
  ...{ installer: 'enrol', pending: 'enrol' },
  ...{ approved: 'node', configured: 'node', master: 'node' },
  ...{ operator: 'operator', administrator: 'admin' },
}
/** The controller does not answer at all: the TLS handshake fails. */
const NO_TLS = 'no TLS'
const WRONG_KIND = '403 identity/wrong-role'
const TABLE = join(import.meta.dirname, '../results/identities-by-route.md')

let dataDirectory: string
let controller: Controller
let isClockValid = true
const logged: string[] = []
let bundle: string
let admin: Credentials
let demo: Client['enrolment']
let clients: Client[]
/** What each client gets for each request, by the request. */
let observed: Map<string, Map<Client, string>>
let people: Person[]
let ofPeople: Map<string, Map<Person, string>>
let aheadMs = 0

beforeAll(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  controller = await startController({
    dataDirectory,
    listen: { host: '127.0.0.1', port: 0 },
    now: () =>
      isClockValid ? new Date(Date.now() + aheadMs) : Object.assign(new Date(), { toISOString: () => 'soon' }),
    log: (line) => logged.push(line),
    tickMs: 600_000,
  })
  admin = adminOf(controller)
  bundle = (await importSmallBundle(dataDirectory, Buffer.from('kubelet'))).manifestSha256
  clients = await everyClient(controller, dataDirectory)
  demo = clients.find(({ role, life }) => role === 'approved' && life === 'valid')?.enrolment as Client['enrolment']
  observed = await observe()
  people = await everyPerson(controller)
  ofPeople = await observePeople()
}, 300_000)
afterAll(async () => {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})

async function observe(): Promise<typeof observed> {
  const found = new Map([...requests.keys()].map((name) => [name, new Map<Client, string>()]))
  for (const [at, client] of clients.entries()) {
    // Each from an address of its own: one with many refusals is slowed down.
    const agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress: `127.0.2.${at + 1}` })
    for (const [name, { send }] of requests) {
      const attempt = () =>
        send(client, agent).catch((error: NodeJS.ErrnoException) => {
          if (/ECONNRESET|EPIPE|^ERR_SSL_/.test(error.code ?? '')) return NO_TLS
          throw error
        })
      let outcome = await attempt()
      // There are more routes than an operator can call at once.
      for (; outcome === '429 limit/requests'; outcome = await attempt()) await sleep(100)
      found.get(name)?.set(client, outcome)
    }
    agent.destroy()
  }
  return found
}

/** They name a cluster that exists, and nothing that a request would change. */
async function observePeople(): Promise<typeof ofPeople> {
  const installer = await createCluster(controller, 'people')
  const enrol = { csr: newCsr(), nodeName: 'waits', address: '10.0.0.9' }
  const { nodeId } = (await call(controller.url, installer, 'POST', '/v1/enrol', enrol)).json
  const values: Record<string, string> = {
    fingerprint: demo.fingerprint,
    sha256: bundle,
    path: 'manifest.json',
    id: nodeId,
  }
  const found: typeof ofPeople = new Map()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (const [name, { route, isUpgrade }] of requests) {
    if (isUpgrade) continue
    found.set(name, new Map())
    const query = route.query && route.method !== 'GET' ? '?force=x&replace=x' : ''
    const path = route.path.replaceAll(/\{\+?(\w+)\}/g, (_, variable: string) => {
      if (variable === 'name' && route.path.startsWith('/v1/clusters/')) return 'people'
      return route.path.startsWith('/v1/sessions/') ? 'nothing' : (values[variable] ?? 'nothing')
    })
    for (const person of people) {
      aheadMs = person.aheadMs
      const as = { ca: admin.ca, agent }
      const { status, json } = await call(
        controller.url,
        as,
        route.method,
        path + query,
        route.body && { none: 1 },
        person.headers,
      )
      found.get(name)?.set(person, status < 400 ? `${status}` : `${status} ${json?.code}`)
      aheadMs = 0
    }
  }
  agent.destroy()
  return found
}

const newCsr = () => buildCsr(createKeyPair().privateKey, 'any')

interface Request {
  isUpgrade?: true
  route: Route
  send(client: Client, agent?: Agent): Promise<string>
}

/** A request of each route, and the two upgrades. */
const requests: ReadonlyMap<string, Request> = new Map(
  routes.flatMap(([id, route]) => {
    const name = `${route.method} ${route.path}`
    const upgrades: [string, Request] = [
      `${name}, upgrade`,
      { route, isUpgrade: true, send: (client) => upgrade(client, route.path) },
    ]
    if (route.answer === 'websocket') return [upgrades]
    const plain: [string, Request] = [name, { route, send: (client, agent) => send(client, id, route, agent) }]
    return route === ROUTES.ping ? [plain, upgrades] : [plain]
  }),
)

/**
 * Names what belongs to the cluster `demo`, if reading it changes nothing. Other names are unknown, and bodies are invalid: an
 * admitted client gets 400 or 404.
 */
async function send(client: Client, id: string, route: Route, agent?: Agent): Promise<string> {
  const { life, credentials, enrolment } = client
  const { fingerprint, clusterName } = life === 'of another cluster' ? demo : enrolment
  const values: Record<string, string> = { fingerprint, sha256: bundle, path: 'manifest.json', arch: 'amd64' }
  const path = route.path.replaceAll(/\{\+?(\w+)\}/g, (_, name: string) => values[name] ?? 'nothing')
  const { csr, nodeName } = enrolment
  const enrol = { csr, nodeName, address: '10.0.0.1', clusterName }
  const body = id === 'enrol' ? enrol : route.body && { none: 1 }
  const as = { ...credentials, ...(agent && { agent }) }
  const { status, json } = await call(controller.url, as, route.method, path, body)
  if (json?.code === 'limit/requests') {
    // There are more routes than an operator may ask at once.
    await setTimeout(100)
    return send(client, id, route, agent)
  }
  return status < 400 ? `${status}` : `${status} ${json?.code}`
}

async function upgrade({ credentials: { ca, cert, key } }: Pick<Client, 'credentials'>, path: string): Promise<string> {
  const { port } = new URL(controller.url)
  const head = [
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13`,
    `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\nSec-WebSocket-Protocol: cantrip.v1\r\n\r\n`,
  ]
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port), ca, cert, key }, () =>
      socket.write(head.join('\r\n')),
    )
    socket.once('data', (data) => {
      resolve(data.toString('latin1'))
      socket.destroy()
    })
    socket.once('error', reject)
    socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
  })
  const [, status, , body] = /^HTTP\/1\.1 (\d+) (.*?)\r\n\r\n(.*)$/s.exec(answer) ?? []
  return status === '101' ? status : `${status} ${JSON.parse(body ?? '').code}`
}

const byRole = (name: string, life: Life) =>
  [...(observed.get(name) ?? [])].filter(([client]) => client.life === life).map(([{ role }, got]) => ({ role, got }))
const isDeclared = ({ access }: Route, role: Role) => {
  if (access.includes('anyone')) return true
  const kind = KINDS[role]
  return kind === 'admin' ? PERMISSIONS.some((each) => access.includes(each)) : access.includes(kind)
}

/** A route for anyone: what is behind a token needs the token, whoever asks. */
const OPEN = /^(200|400 .*|404 .*|403 join\/unknown)$/

describe.each([...requests])('%s', (name, { route }) => {
  it.each<Life>(['valid', 'of another cluster'])('admits a client that is %s only if its kind is declared', (life) => {
    const found = byRole(name, life)
    expect(found.length).toBeGreaterThan(4)
    for (const { role, got } of found) {
      if (route.access.includes('anyone')) expect(got, role).toMatch(OPEN)
      else if (isDeclared(route, role))
        expect(got, role).toMatch(/^(101|200|202|400 .*|404 .*|403 enrol\/other-cluster)$/)
      else expect(got, role).toBe(WRONG_KIND)
    }
  })

  it.each<[Life, RegExp]>([
    ['retired', /^403 identity\/retired$/],
    ['revoked', /^403 identity\/revoked$/],
    ['removed', /^403 (node\/removed|enrol\/refused|identity\/retired)$/],
    ['of a deleted cluster', /^403 (node\/removed|cluster\/gone)$/],
  ])('refuses a client that is %s', (life, wanted) => {
    for (const { role, got } of byRole(name, life)) {
      if (route.access.includes('anyone')) {
        expect(got, role).toMatch(OPEN)
        continue
      }
      // The certificate of an installer outlives the machine that enrolled with it, but not for that machine.
      if (KINDS[role] === 'enrol' && life === 'removed' && isDeclared(route, role)) {
        if (/enrol/.test(name)) expect(got, role).toBe('403 enrol/refused')
        else expect(got, role).toMatch(/^(101|200)$/)
      } else expect(got, role).toMatch(isDeclared(route, role) ? wanted : new RegExp(`^${WRONG_KIND}$`))
    }
  })

  it.each<Life>(['of another CA', 'expired for too long', 'expired, with a forged signature', 'not yet valid'])(
    'does not answer a client that is %s',
    (life) => {
      const found = byRole(name, life)
      expect(found.map(({ role }) => role)).toEqual(ROLES.filter((role) => role !== 'pending'))
      for (const { role, got } of found) expect(got, role).toBe(NO_TLS)
    },
  )

  it('admits a node whose certificate has expired to its renewal only, and answers no other client like it', () => {
    const found = byRole(name, 'expired')
    expect(found.map(({ role }) => role)).toEqual(ROLES.filter((role) => role !== 'pending'))
    const renewal = name === 'POST /v1/node/certificate' ? '400 request/invalid' : '403 identity/expired'
    for (const { role, got } of found) expect(got, role).toBe(KINDS[role] === 'node' ? renewal : NO_TLS)
  })

  it.each<[Life, string]>([
    ['expired, and retired', '403 identity/retired'],
    ['expired, and removed', '403 node/removed'],
    ['expired, of a deleted cluster', '403 node/removed'],
  ])('refuses also the renewal of a client that is %s', (life, wanted) => {
    const found = byRole(name, life)
    expect(found.length).toBeGreaterThan(2)
    const refused = name === 'POST /v1/node/certificate' ? wanted : '403 identity/expired'
    for (const { role, got } of found) expect(got, role).toBe(KINDS[role] === 'node' ? refused : NO_TLS)
  })

  it('admits a client without a certificate only where anyone is', async () => {
    const anonymous = { credentials: { ca: admin.ca }, enrolment: demo } as Client
    const isOpen = route.access.includes('anyone')
    expect(await requests.get(name)?.send(anonymous)).toMatch(isOpen ? OPEN : /^401 identity\/none$/)
  })
})

/** What a person gets: the routes are declared with permissions, and roles have them. */
function wantedOf({ access, path, inAnyProject }: Route, { grants, always }: Person): RegExp {
  const exactly = (text: string) => new RegExp(`^${text}$`)
  if (access.includes('anyone')) return OPEN
  if (always) return exactly(always)
  const permissions = OF_OTHERS[path] ?? PERMISSIONS.filter((each) => access.includes(each))
  if (permissions.length === 0) return exactly('403 identity/wrong-role')
  const isMet = grants.some(({ role }) => permissions.some((each) => MEANT[role]?.includes(each)))
  const isElsewhere = grants.some(({ project }) => project !== null)
  if (isElsewhere && /^\/v1\/(clusters\/\{name|nodes\/\{id)/.test(path)) return /^404 (cluster|node)\/unknown$/
  const isAdmitted = isMet && (!isElsewhere || inAnyProject === true)
  return isAdmitted ? /^(200|400 .*|404 .*|409 .*|422 .*)$/ : exactly('403 identity/not-permitted')
}

/** What is of oneself needs the declared permission; the request here asks for what is of somebody else. */
const OF_OTHERS: Record<string, readonly Permission[]> = {
  '/v1/clusters/{name}/kubeconfigs/{person}': ['administrate'],
}

const MEANT: Record<string, readonly string[]> = {
  ...{ viewer: ['view'], operator: ['view', 'operate'], approver: ['view', 'approve'], admin: PERMISSIONS },
}

test('people and programs are admitted by the permissions of their roles, in their projects', () => {
  for (const [name, found] of ofPeople) {
    const route = requests.get(name)?.route as Route
    for (const [person, got] of found) expect(got, `${name}, ${person.name}`).toMatch(wantedOf(route, person))
  }
})

test('the stored table of identities and routes is what was observed', async () => {
  await expect(tableOf()).toMatchFileSnapshot(TABLE)
})

function tableOf(): string {
  const sections = LIVES.map((life) => {
    const roles = ROLES.filter((role) => clients.some((client) => client.role === role && client.life === life))
    const rows = [...requests.keys()].map((name) => {
      const found = new Map(byRole(name, life).map(({ role, got }) => [role, got]))
      return `| ${[`\`${name}\``, ...roles.map((role) => cellOf(found.get(role)))].join(' | ')} |`
    })
    const head = [`| Request | ${roles.join(' | ')} |`, `| --- | ${roles.map(() => '---').join(' | ')} |`]
    return [`## A certificate that is ${life}`, '', ...head, ...rows, ''].join('\n')
  })
  const head = [
    `| Request | ${people.map(({ name }) => name).join(' | ')} |`,
    `| --- |${people.map(() => ' --- |').join('')}`,
  ]
  const rows = [...ofPeople].map(([name, found]) => {
    return `| ${[`\`${name}\``, ...people.map((person) => cellOf(found.get(person)))].join(' | ')} |`
  })
  return [INTRODUCTION, ...sections, '## No certificate, but', '', ...head, ...rows, ''].join('\n')
}

const cellOf = (got = '') => (got === WRONG_KIND || got === '403 identity/not-permitted' ? '–' : got)

const INTRODUCTION = `# Who gets what

Observed on a running controller by \`test/integration/controller-routes.test.ts\`, which also compares this file with what it
observes; \`vitest run --project integration test/integration/controller-routes.test.ts --update\` writes it.

- pending, approved, configured, master: a node in this state. A pending node has no certificate of its own, and uses that of the installer.
- –: 403, because the certificate is of another kind than the route admits, or the roles do not have the permission.
- 400 and 404: the client is admitted. Requests have invalid bodies and unknown names, so that they change nothing.
- ${NO_TLS}: the controller ends the connection in the TLS handshake, before it reads a request.
- removed: the node, or the node that the operator's certificate was issued to, was removed; a pending node was refused.
`

test('an answer that violates its schema is logged, and the client gets 500', async () => {
  isClockValid = false
  const { status, json } = await call(controller.url, admin, 'GET', '/v1/ping')
  isClockValid = true
  expect([status, json.code]).toEqual([500, 'bug'])
  expect(logged.join('\n')).toMatch(/GET \/v1\/ping: .*"now"/s)
})

test('pipelined requests are answered in their order', async () => {
  const { ca, cert, key } = admin
  const { port } = new URL(controller.url)
  const ask = (path: string, last: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n${last}\r\n`
  const text = await new Promise<string>((resolve, reject) => {
    let received = ''
    const socket = connect({ host: '127.0.0.1', port: Number(port), ca, cert, key }, () =>
      socket.write(ask('/v1/ping', '') + ask('/v1/nothing', '') + ask('/v1/clusters', 'Connection: close\r\n')),
    )
    socket.on('data', (data) => {
      received += data
    })
    socket.on('close', () => resolve(received))
    socket.on('error', reject)
  })
  expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(['200', '404', '200'])
})

test('the certificate of the server is issued by the CA that clients get', () => {
  const ca = new X509Certificate(admin.ca)
  expect(new X509Certificate(readFileSync(join(dataDirectory, 'pki/ca.crt'))).fingerprint256).toBe(ca.fingerprint256)
})

describe('the OpenAPI document', () => {
  const document = openapi('1.2.3')

  it('has every route once, with its access', () => {
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods))
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(ROUTES).sort())
    for (const { operationId, 'x-access': access } of operations) {
      expect(access).toEqual(ROUTES[operationId as keyof typeof ROUTES].access)
    }
  })

  it('has no dangling references', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to ?? '')
    expect(references.length).toBeGreaterThan(10)
    for (const reference of references) {
      expect(document.components.schemas).toHaveProperty([reference.replace('#/components/schemas/', '')])
    }
  })

  it('groups the errors of a route by their status', () => {
    expect(document.paths['/v1/nodes/{id}']?.delete?.responses).toMatchObject({
      409: { description: expect.stringContaining('node/in-use') },
      404: { description: expect.stringContaining('node/unknown') },
    })
  })
})
