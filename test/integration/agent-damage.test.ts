/** The service with damaged files of its own: it reports the file and a fix, waits, and continues once the file is repaired. */
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type AgentPaths, pathsOf } from '../../src/agent/paths.ts'
import { readStatus } from '../../src/agent/status.ts'
import { createCa, issueCertificate } from '../../src/pki/certificate.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'
import { type Service, startService } from '../support/agent/installation.ts'
import { waitFor } from '../support/wait-for.ts'

let root: string
let paths: AgentPaths
let service: Service | undefined

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'damage-'))
  paths = pathsOf(undefined, root)
  const ca = createCa({ commonName: 'test', days: 10, now: new Date() })
  const { privateKey, publicKey } = createKeyPair()
  const certificate = issueCertificate({
    ...{ ca, publicKey, commonName: 'n-1', organization: 'cantrip:node', usages: ['clientAuth'] },
    ...{ notBefore: new Date(Date.now() - 60_000), days: 5 },
  })
  const instructionKey = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' })
  const config = {
    ...{ format: 1, nodeName: 'n1', urls: ['https://127.0.0.1:1'], cluster: { id: 'c-1', name: 'demo' } },
    instructionKey: instructionKey.toString('base64'),
  }
  for (const path of [paths.configFile, paths.linkFile]) mkdirSync(dirname(path), { recursive: true })
  writeFileSync(paths.configFile, JSON.stringify(config))
  writeFileSync(paths.caFile, ca.certificate)
  writeFileSync(paths.nodeIdentity, `${keyToPem(privateKey).trimEnd()}\n${certificate}`)
  writeFileSync(paths.linkFile, '{"lastSeq":3}')
  writeFileSync(join(root, 'ahead'), '0')
  writeFileSync(join(root, 'work'), '0')
})
afterEach(async () => {
  await service?.end('SIGKILL')
  rmSync(root, { recursive: true })
})

const changed = (change: object) => (text: string) => JSON.stringify({ ...JSON.parse(text), ...change })
const half = (text: string) => text.slice(0, text.length / 2)

test.each<[string, keyof AgentPaths, (whole: string) => string, string]>([
  ['agent.json is empty', 'configFile', () => '', 'config/damaged'],
  ['agent.json is truncated', 'configFile', half, 'config/damaged'],
  ['agent.json is other JSON', 'configFile', () => '{"format":1,"urls":"x"}', 'config/damaged'],
  [
    "agent.json's key does not parse",
    'configFile',
    (text) => JSON.stringify({ ...JSON.parse(text), instructionKey: 'AAAA' }),
    'config/damaged',
  ],
  ["agent.json's URL is not https", 'configFile', changed({ urls: ['http://10.0.0.1:8443'] }), 'config/damaged'],
  ["agent.json's proxy is no URL", 'configFile', changed({ proxy: 'x' }), 'config/damaged'],
  ["agent.json's warnings are no list", 'configFile', changed({ warnings: 'x' }), 'config/damaged'],
  ["agent.json's cluster is null", 'configFile', changed({ cluster: null }), 'config/damaged'],
  ['node.pem is empty', 'nodeIdentity', () => '', 'agent/incomplete'],
  ['node.pem is truncated', 'nodeIdentity', (text) => text.slice(0, -40), 'agent/incomplete'],
  ['the key does not parse', 'nodeIdentity', (text) => text.replace(/\n[^\n-]{20}/, '\n!!!!'), 'agent/incomplete'],
  ['ca.crt does not parse', 'caFile', half, 'agent/incomplete'],
  ['link.json is truncated', 'linkFile', half, 'state/damaged'],
  ['link.json is a list', 'linkFile', () => '[]', 'state/damaged'],
  ['link.json has a sequence number that is no number', 'linkFile', () => '{"lastSeq":"x"}', 'state/damaged'],
  ['link.json has a generation that is null', 'linkFile', () => '{"lastGeneration":null}', 'state/damaged'],
  ['link.json has a negative sequence number', 'linkFile', () => '{"lastSeq":-1}', 'state/damaged'],
  ['instruction.json is empty', 'instructionFile', () => '{}', 'state/damaged'],
  [
    'instruction.json has no signed message',
    'instructionFile',
    () => '{"seq":1,"run":"r-abcdefghij","role":"worker","generation":1}',
    'state/damaged',
  ],
])('%s: the service reports it, waits, and continues without a restart', async (_, file, damage, code) => {
  const path = String(paths[file])
  const whole = existsSync(path) ? readFileSync(path, 'utf8') : undefined
  writeFileSync(path, damage(whole ?? ''))
  const running = startService(root)
  service = running
  const details = () => running.output()
  const problem = await waitFor('the problem', () => readStatus(paths.statusFile)?.problem ?? undefined, { details })
  expect(problem.code).toBe(code)
  expect(problem.message).toContain(path)
  const line = `${problem.message} (${code}); fix: ${problem.fix}`
  await waitFor('the log line', () => details().includes(line), { details })
  expect(details()).not.toMatch(/\n\s+at |report it/)
  if (whole === undefined) rmSync(path)
  else writeFileSync(path, whole)
  await waitFor(
    'the service to continue',
    () => readStatus(paths.statusFile)?.problem?.code === 'controller/unreachable',
    { details },
  )
  expect(running.process.exitCode).toBeNull()
})

test.each([
  ['null', 'null'],
  ['no entry', '{}'],
  ['a number that is a text', '{"next":"x"}'],
  ['an entry without a message', '{"seq":4}'],
  ['an entry with another message', '{"seq":4,"message":{"t":"event"}}'],
])('the outbox has a line with %s: the entry is lost, and the service continues', async (_, line) => {
  writeFileSync(paths.outboxFile, `{"next":3}\n${line}\n`)
  const running = startService(root)
  service = running
  const details = () => running.output()
  await waitFor('the service', () => readStatus(paths.statusFile)?.problem?.code === 'controller/unreachable', {
    details,
  })
  expect(details()).not.toMatch(/\n\s+at |report it/)
})

test.each<[string, 'nodeKey' | 'installerKey' | 'installerCertificate']>([
  ['the key of a node that has not enrolled', 'nodeKey'],
  ["the installer's key", 'installerKey'],
  ["the installer's certificate", 'installerCertificate'],
])('%s does not parse: the service reports it, waits, and continues', async (_, file) => {
  const pair = readFileSync(paths.nodeIdentity, 'utf8')
  const at = pair.indexOf('-----BEGIN CERTIFICATE-----')
  rmSync(paths.nodeIdentity)
  for (const key of [paths.nodeKey, paths.installerKey]) writeFileSync(key, pair.slice(0, at))
  writeFileSync(paths.installerCertificate, pair.slice(at))
  writeFileSync(paths.nodeCsr, 'a request')
  const whole = readFileSync(paths[file], 'utf8')
  writeFileSync(paths[file], half(whole))
  const running = startService(root)
  service = running
  const details = () => running.output()
  const problem = await waitFor('the problem', () => readStatus(paths.statusFile)?.problem ?? undefined, { details })
  expect(problem).toMatchObject({ code: 'agent/incomplete', message: expect.stringContaining(paths[file]) })
  expect(details()).not.toMatch(/\n\s+at |report it/)
  writeFileSync(paths[file], whole)
  await waitFor(
    'the service to continue',
    () => readStatus(paths.statusFile)?.problem?.code === 'controller/unreachable',
    { details },
  )
})

test('the state directory is not writable: the service reports it, retries, and continues', async () => {
  renameSync(paths.stateDirectory, `${paths.stateDirectory}.away`)
  mkdirSync(`${paths.stateDirectory}/outbox`, { recursive: true })
  const running = startService(root)
  service = running
  const details = () => running.output()
  await waitFor('the problem', () => readStatus(paths.statusFile)?.problem?.code === 'file/is-directory', { details })
  await waitFor('another try', () => (details().match(/file\/is-directory/g)?.length ?? 0) > 1, { details })
  rmSync(`${paths.stateDirectory}/outbox`, { recursive: true })
  await waitFor(
    'the service to continue',
    () => readStatus(paths.statusFile)?.problem?.code === 'controller/unreachable',
    { details },
  )
})
