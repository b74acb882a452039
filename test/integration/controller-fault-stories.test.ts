/**
 * What a controller meets in its life: a full disk, a lost key, a damaged bundle, a damaged admin.json, a restored data
 * directory. The controller and its agents are processes; each story ends with connected agents and unchanged hosts.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readIdentity } from '../../src/agent/identity/identity.ts'
import type { LogEntry } from '../../src/protocol/api/events.ts'
import type { NodeDetail } from '../../src/protocol/api/nodes.ts'
import { askAdmin, demoCredentials, PASSPHRASE } from '../support/agent/enrolled.ts'
import { fileText, type Installation, installAgent, type Service } from '../support/agent/installation.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { type Answer, adminOf, type Credentials, call } from '../support/controller/client.ts'
import { Served } from '../support/controller/served.ts'
import { fillDisk } from '../support/fill-disk.ts'
import { waitFor } from '../support/wait-for.ts'

interface Machine {
  agent: Installation
  service: Service
}

let root: string
let controller: Served
let one: Machine
let two: Machine
const data = (...names: string[]) => join(root, 'data', ...names)

async function setUp(): Promise<void> {
  await importSmallBundle(data(), Buffer.from('kubelet'))
  controller = await Served.start(data())
  const pem = await demoCredentials(controller, { autoApprove: true })
  const machine = async (name: string): Promise<Machine> => {
    const agent = await installAgent(pem, PASSPHRASE, name)
    return { agent, service: agent.start() }
  }
  one = await machine('one')
  two = await machine('two')
  await bothConnected()
}

async function tearDown(): Promise<void> {
  for (const { agent, service } of [one, two]) {
    await service.end('SIGKILL')
    agent.remove()
  }
  await controller.end('SIGKILL')
}

const details = () => `${controller.output}\n${one.service.output()}\n${two.service.output()}`
const until = <T>(what: string, look: () => Promise<T | undefined> | T | undefined) => waitFor(what, look, { details })
const isConnected = ({ agent }: Machine) => agent.status()?.connected === true
const bothConnected = () => until('both agents to be connected', () => isConnected(one) && isConnected(two))
const bothLost = () => until('both agents to notice', () => !isConnected(one) && !isConnected(two))

const admin = (method: string, path: string, body?: unknown): Promise<Answer> =>
  call(controller.url, adminOf(controller), method, path, body)
const idOf = ({ agent }: Machine) => agent.status()?.nodeId ?? ''
const shown = async (machine: Machine): Promise<NodeDetail> => (await admin('GET', `/v1/nodes/${idOf(machine)}`)).json

async function eventsOf(machine: Machine): Promise<LogEntry['event'][]> {
  const { events } = await askAdmin(controller, 'GET', `/v1/events?node=${idOf(machine)}`)
  return (events as LogEntry[]).map(({ event }) => event)
}
async function ends(machine: Machine): Promise<LogEntry['event'][]> {
  return (await eventsOf(machine)).filter(({ kind }) => kind === 'run-ended')
}

async function provision(machine: Machine): Promise<void> {
  await until('the facts', async () => (await shown(machine)).facts !== null)
  const { state } = await shown(machine)
  if (state === 'APPROVED')
    await askAdmin(controller, 'POST', `/v1/nodes/${idOf(machine)}/configure`, { roles: ['master', 'worker'] })
  await askAdmin(controller, 'POST', '/v1/clusters/demo/provision')
}

/** What the agent has on its host: its configuration and the result of its work. */
function hostOf({ agent: { paths, root } }: Machine): Record<string, string | undefined> {
  const files = [
    paths.configFile,
    paths.caFile,
    paths.nodeIdentity,
    ...[1, 2, 3].map((step) => join(root, `step-${step}`)),
  ]
  return Object.fromEntries(files.map((file) => [file, fileText(file)]))
}

describe('with a data directory on a disk', () => {
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'story-'))
    await setUp()
  })
  afterEach(async () => {
    await tearDown()
    rmSync(root, { recursive: true })
  })

  test('a key is lost: no start, no new key, and the agents come back when it is', async () => {
    const hosts = [one, two].map(hostOf)
    await controller.end()
    for (const name of ['ca.key', 'ca.crt', 'instruction.key']) {
      renameSync(data('pki', name), join(root, name))
      expect(await controller.tryToStart()).toBe(2)
      const says = `${data('pki', name)} is missing.*\\n.*fix: restore ${data('pki', name)} from`
      expect(controller.output).toMatch(new RegExp(says, 's'))
      expect(existsSync(data('pki', name))).toBe(false)
      renameSync(join(root, name), data('pki', name))
    }
    await bothLost()
    const problems = [one, two].map(({ agent }) => agent.status()?.problem?.code)
    expect(problems).toEqual(['controller/unreachable', 'controller/unreachable'])

    await controller.start()
    await bothConnected()
    expect([one, two].map(hostOf)).toEqual(hosts)
  })

  test('a damaged bundle is named and skipped, and another one is served', async () => {
    const damaged = await importSmallBundle(data(), Buffer.from('another kubelet'))
    const whole = (await importSmallBundle(data(), Buffer.from('a third kubelet'))).manifestSha256
    await controller.end()
    writeFileSync(data('bundles', damaged.manifestSha256, 'manifest.json'), '{"format":')
    await controller.start()
    await bothConnected()
    expect(controller.output).toMatch(new RegExp(`${damaged.manifestSha256}.* is damaged.*fix: import it`))
    const as = credentialsOf(one)
    const fetched = (sha256: string) => call(controller.url, as, 'GET', `/v1/bundles/${sha256}/bin/kubelet`)
    expect(await fetched(whole)).toMatchObject({ status: 200, text: 'a third kubelet' })
    expect(await fetched(damaged.manifestSha256)).toMatchObject({ status: 404, json: { code: 'bundle-file/unknown' } })
    await provision(one)
    await until('the run to end', async () => (await ends(one)).length === 1)
    expect(await ends(one)).toMatchObject([{ outcome: 'done' }])
    expect([isConnected(one), isConnected(two)]).toEqual([true, true])
  })

  test('a damaged admin.json is replaced while the controller runs, and otherwise named with a fix that works', async () => {
    const hosts = [one, two].map(hostOf)
    const text = readFileSync(controller.adminFile, 'utf8')
    const damage = () => writeFileSync(controller.adminFile, text.slice(0, 100))
    const list = () => controller.cli('node', 'list')
    const both = { code: 0, out: expect.stringMatching(/one.*two/s) }
    damage()
    await until('another file', () => readFileSync(controller.adminFile, 'utf8').length > 100)
    expect(await list()).toMatchObject(both)
    expect([isConnected(one), isConnected(two)]).toEqual([true, true])

    await controller.end()
    damage()
    const refused = await list()
    expect(refused.code).toBe(2)
    expect(refused.err).toContain(controller.adminFile)
    expect(refused.err).toMatch(/fix: .*start the controller/)
    expect(refused.err).not.toMatch(/\n\s+at |report it|PRIVATE KEY/)
    await controller.start()
    expect(await list()).toMatchObject(both)
    await bothConnected()
    expect([one, two].map(hostOf)).toEqual(hosts)
  })

  test("after a restore of yesterday's data directory, agents go on, and the runs since are handled", async () => {
    await provision(one)
    await until('the first run to end', async () => (await ends(one)).length === 1)
    const before = hostOf(one)
    const passphrase = join(root, 'passphrase')
    writeFileSync(passphrase, 'correct horse battery', { mode: 0o600 })
    const verb = (...argv: string[]) => controller.cli(...argv, '--data', data(), '--passphrase-file', passphrase)
    expect(await verb('backup', join(root, 'yesterday'), '--bundles')).toMatchObject({ code: 0, err: '' })

    two.agent.setWork('700')
    await provisionWorker()
    await until('a step of the run since', () => fileText(join(two.agent.root, 'step-1')))
    await controller.end('SIGKILL')
    rmSync(data(), { recursive: true })
    expect(await verb('restore', join(root, 'yesterday'))).toMatchObject({ code: 0, err: '' })

    await controller.start()
    await bothConnected()
    await until('the end of the work', () => fileText(join(two.agent.root, 'step-3')))
    await until('the agent to be idle', () => two.agent.status()?.run === null)
    expect(await ends(two)).toEqual([])
    const worked = [one, two].map(hostOf)
    await provisionWorker()
    await until('the end of another run', async () => (await ends(two)).length > 0)
    expect([...(await ends(one)), ...(await ends(two))]).toMatchObject([{ outcome: 'done' }, { outcome: 'done' }])
    expect([one, two].map(hostOf)).toEqual(worked)
    expect(hostOf(one)).toEqual(before)
    expect([isConnected(one), isConnected(two)]).toEqual([true, true])
  })
})

async function provisionWorker(): Promise<void> {
  await until('the facts', async () => (await shown(two)).facts !== null)
  await askAdmin(controller, 'POST', `/v1/nodes/${idOf(two)}/configure`, { roles: ['worker'] })
  await askAdmin(controller, 'POST', '/v1/clusters/demo/provision')
}

function credentialsOf({ agent }: Machine): Credentials {
  const identity = readIdentity(agent.paths)
  if (!identity) throw new Error('the agent has no identity')
  return identity
}

describe.skipIf(process.getuid?.() !== 0)('with a data directory on a small disk (needs root)', () => {
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'story-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', root])
    await setUp()
  })
  afterEach(async () => {
    await tearDown()
    execFileSync('umount', [root])
    rmSync(root, { recursive: true })
  })

  test('it is full while events arrive: changes fail by name, reads go on, and nothing is lost when there is space', async () => {
    one.agent.setWork('700')
    await provision(one)
    await until('the first step', () => fileText(join(one.agent.root, 'step-1')))
    fillDisk(join(root, 'ballast'))
    const change = await until('a change to fail', async () => {
      const answer = await admin('POST', `/v1/nodes/${idOf(two)}/configure`, { roles: ['worker'] })
      return answer.status === 200 ? undefined : answer
    })
    expect(change).toMatchObject({ status: 503, json: { code: 'store/full', fix: expect.stringContaining('df -h') } })
    await until('the last step', () => fileText(join(one.agent.root, 'step-3')))
    expect(await admin('GET', '/v1/nodes')).toMatchObject({
      status: 200,
      json: { items: [{ name: 'one' }, { name: 'two' }] },
    })
    expect((await controller.cli('cluster', 'show', 'demo')).code).toBe(0)
    expect([controller.isRunning, one.service.process.exitCode, two.service.process.exitCode]).toEqual([
      true,
      null,
      null,
    ])
    const worked = hostOf(one)
    await until('the agent to keep the result', () => fileText(one.agent.paths.outboxFile)?.includes('"t":"result"'))

    rmSync(join(root, 'ballast'))
    await until('the run to end', async () => (await ends(one)).length === 1)
    await bothConnected()
    const events = (await eventsOf(one)).map((event) => ('step' in event ? `${event.kind} ${event.step}` : event.kind))
    const steps = [1, 2, 3].map((step) => `step-done fake/step-${step}`)
    expect(events.filter((event) => event.startsWith('step-done'))).toEqual(steps)
    expect(await ends(one)).toMatchObject([{ outcome: 'done' }])
    expect(hostOf(one)).toEqual(worked)
    expect(controller.output).not.toMatch(/\n\s+at /)
  })
})
