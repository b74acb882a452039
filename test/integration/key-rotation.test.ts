/** The rotation of CA and instruction key, with the controller and agents as real processes that are killed in between. */
import { X509Certificate } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readIdentity } from '../../src/agent/identity/identity.ts'
import { isIssuedBy, readTrust } from '../../src/agent/identity/trust.ts'
import type { AuthorityView } from '../../src/protocol/api/identities/authority.ts'
import { type Installation, installAgent, type Service } from '../support/agent/installation.ts'
import { type ControllerProcess, runController, serveController } from '../support/controller/process.ts'
import { waitFor } from '../support/wait-for.ts'

let directory: string
let controller: ControllerProcess
let agents: { installation: Installation; service: Service }[]
const at = (name: string) => join(directory, name)

const serve = async (port = controller.port) => {
  controller = await serveController(at('data'), [], { port })
}
const run = async (...argv: string[]) => {
  const done = await runController([...argv, '--admin', controller.adminFile])
  if (done.code !== 0) throw new Error(`${argv.join(' ')}: ${done.code} ${done.err}`)
  return done.out
}
const ca = async (...argv: string[]): Promise<AuthorityView> => JSON.parse(await run('ca', ...argv, '-o', 'json'))
const details = () => `${controller.output()}\n${agents.map(({ service }) => service.output()).join('\n')}`
const newestOf = (pem: string) => pem.slice(pem.lastIndexOf('-----BEGIN'))

/** Its credentials are of a new cluster of this name. */
async function install(name: string): Promise<Installation> {
  await run('cluster', 'create', name, '--output', directory, '--auto-approve')
  const [pem, passphrase] = [`${name}.pem`, `${name}-passphrase.txt`].map((file) => readFileSync(at(file), 'utf8'))
  return installAgent(pem ?? '', passphrase ?? '', name)
}
async function start(name: string) {
  const installation = await install(name)
  const agent = { installation, service: installation.start() }
  agents.push(agent)
  await connected(agent)
  return agent
}
type Agent = (typeof agents)[number]

const connected = ({ installation }: Pick<Agent, 'installation'>) =>
  waitFor('the agent to connect', () => installation.status()?.connected, { details, withinMs: 90_000 })
async function restart(agent: Agent): Promise<void> {
  // Two at once would have one identity, and end each other's sessions.
  await agent.service.end('SIGTERM')
  rmSync(agent.installation.paths.statusFile, { force: true })
  agent.service = agent.installation.start()
  await connected(agent)
}
const isReady = ({ installation: { paths } }: Agent) => {
  const identity = readIdentity(paths)
  return identity !== undefined && isIssuedBy(newestOf(readFileSync(at('data/pki/next/ca.crt'), 'utf8')), identity.cert)
}
const allReady = () =>
  waitFor('no node to wait', async () => (await ca('status')).waiting.length === 0, { details, withinMs: 90_000 })

beforeEach(async () => {
  agents = []
  directory = mkdtempSync(join(tmpdir(), 'rotation-'))
  await serve(0)
})
afterEach(async () => {
  for (const { service } of agents) await service.end('SIGKILL')
  await controller.end('SIGKILL')
  for (const { installation } of agents) installation.remove()
  rmSync(directory, { recursive: true })
})

test('connected agents get the new keys, an agent that was off is named, and the old CA is refused after the end', async () => {
  const one = await start('one')
  const off = await start('off')
  const installedBefore = await install('before')
  const oldAdmin = readFileSync(controller.adminFile, 'utf8')
  writeFileSync(at('old-admin.json'), oldAdmin, { mode: 0o600 })
  const oldCert = readIdentity(one.installation.paths)?.cert
  await off.service.end('SIGTERM')

  const begun = await ca('rotate')
  expect(begun).toMatchObject({ rotating: true, nodes: 2 })
  expect(begun.authorities).toHaveLength(2)
  const status = () => ca('status')
  await waitFor('the connected node', async () => (await status()).ready === 1, { details })
  expect((await status()).waiting).toEqual([{ cluster: 'off', name: 'off', reason: 'is not connected' }])
  expect(readTrust(one.installation.paths)).toMatchObject({ generation: 3 })
  expect(readIdentity(one.installation.paths)?.cert).not.toBe(oldCert)
  const refusedFinish = await runController(['ca', 'finish', '--admin', controller.adminFile])
  expect(refusedFinish).toMatchObject({
    code: 7,
    err: expect.stringMatching(/off of off is not connected.*ca\/stranded/s),
  })
  const again = await runController(['ca', 'rotate', '--admin', controller.adminFile])
  expect(again.err).toMatch(/ca\/rotating/)

  // During the overlap: credentials and administrators of before and of now.
  const before = { installation: installedBefore, service: installedBefore.start() }
  agents.push(before)
  await connected(before)
  const during = await start('during')
  expect((await runController(['cluster', 'list', '--admin', at('old-admin.json')])).code).toBe(0)
  await waitFor('both', async () => (await status()).ready === 3, { details })

  const finished = await ca('finish', '--force', '--yes')
  expect(finished).toMatchObject({ rotating: false, nodes: 4, ready: 3 })
  expect(finished.authorities).toEqual(begun.authorities.slice(1))
  const final = (agent: Agent) => readTrust(agent.installation.paths)?.authorities.length === 1
  for (const agent of [one, before, during]) await waitFor('the end to be told', () => final(agent), { details })
  const oldOnes = await runController(['cluster', 'list', '--admin', at('old-admin.json')])
  expect(oldOnes).toMatchObject({
    code: 6,
    err: expect.stringMatching(/issued by another CA.*fix: .*admin\.json.*controller admin create NAME/s),
  })
  const states = async (...list: string[]) =>
    JSON.parse(await run(...list, '-o', 'json')).map(({ state }: { state: string }) => state)
  expect(await states('creds', 'list', 'off')).toEqual(['former-ca'])
  expect(await states('creds', 'list', 'during')).toEqual(['valid'])
  expect(await states('admin', 'list')).toEqual(expect.arrayContaining(['former-ca', 'valid']))
  await controller.end('SIGTERM')
  await serve()
  for (const agent of [one, before, during]) await restart(agent)

  // The one that was off all the time: a clear error, and a fix that works.
  const { installation } = off
  const { nodeId } = installation.status() ?? {}
  rmSync(installation.paths.statusFile)
  off.service = installation.start()
  const problem = await waitFor('the error', () => installation.status()?.problem ?? undefined, { details })
  expect(problem).toMatchObject({
    message: expect.stringMatching(/issued by another CA/),
    fix: expect.stringMatching(/controller creds renew CLUSTER.*run the installation again/),
  })
  await off.service.end('SIGTERM')
  await run('creds', 'renew', 'off', '--name', 'later', '--output', directory)
  const [pem, passphrase] = ['later.pem', 'later-passphrase.txt'].map((file) => readFileSync(at(file), 'utf8'))
  await installation.installAgain(pem ?? '', passphrase ?? '')
  await restart(off)
  expect(installation.status()?.nodeId).toBe(nodeId)
  expect(await ca('status')).toMatchObject({ nodes: 4, ready: 4, waiting: [] })
}, 400_000)

/** Kills at moments of the way from the old keys to the new ones, and goes on. */
test('agents and the controller are killed in each phase, and all end with the new keys', async () => {
  const one = await start('one')
  const two = await start('two')
  const oldCa = readFileSync(at('data/pki/ca.crt'), 'utf8')
  const killAgents = async () => {
    for (const { service } of agents) await service.end('SIGKILL')
  }
  const killController = () => controller.end('SIGKILL')

  // 1: the controller, while it begins; 2: both, before the agents were told.
  void runController(['ca', 'rotate', '--admin', controller.adminFile])
  await waitFor('the new keys', () => existsSync(at('data/pki/next/ca.crt')) || undefined, { details, everyMs: 2 })
  await Promise.all([killController(), killAgents()])
  await serve()
  expect(await ca('status')).toMatchObject({ rotating: true, ready: 0 })
  expect(readTrust(one.installation.paths)).toBeUndefined()

  // 3: agents, as soon as they have stored what they were told; 4: again, a moment after, some before they renewed.
  for (const afterMs of [0, 30, 150, 400]) {
    for (const agent of agents) {
      rmSync(agent.installation.paths.statusFile, { force: true })
      agent.service = agent.installation.start()
    }
    await waitFor('to be told', () => readTrust(two.installation.paths) && true, {
      details,
      everyMs: 5,
      withinMs: 60_000,
    })
    await sleep(afterMs)
    await killAgents()
    for (const { installation } of agents) expect(readIdentity(installation.paths)).toBeDefined()
  }

  // 5: the controller, while agents renew.
  for (const agent of agents) {
    rmSync(agent.installation.paths.statusFile, { force: true })
    agent.service = agent.installation.start()
  }
  await sleep(700)
  await killController()
  await serve()
  for (const agent of agents) await connected(agent)
  await allReady()
  expect(agents.map(isReady)).toEqual([true, true])

  // 6: the controller, while the rotation ends; 7: agents, before they know.
  void runController(['ca', 'finish', '--admin', controller.adminFile])
  await waitFor('the end', () => !existsSync(at('data/pki/next')) || undefined, { details, everyMs: 2 })
  await Promise.all([killController(), killAgents()])
  await serve()
  expect(await ca('status')).toMatchObject({ rotating: false, nodes: 2, ready: 2, waiting: [] })
  expect(readFileSync(at('data/pki/ca.crt'), 'utf8')).not.toBe(oldCa)
  for (const agent of agents) await restart(agent)
  const isFinal = ({ installation }: Agent) => readTrust(installation.paths)?.authorities.length === 1
  for (const agent of agents) await waitFor('the end to be told', () => isFinal(agent), { details })
  const { ca: trusted } = readIdentity(one.installation.paths) ?? { ca: '' }
  expect(new X509Certificate(trusted).subject).toBe('CN=cantrip controller CA 2')
}, 400_000)
