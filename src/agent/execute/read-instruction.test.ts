import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createCa, issueCertificate } from '../../pki/certificate.ts'
import { createKeyPair, keyToPem } from '../../pki/key.ts'
import { writeIdentity } from '../identity/identity.ts'
import { writeTrust } from '../identity/trust.ts'
import { type AgentPaths, pathsOf } from '../paths.ts'
import { readCarriedOut, readInstruction } from './execute.ts'

const NODE = 'n-abcdefghij'
const now = new Date()
const ca = createCa({ commonName: 'CA', days: 1, now })
const [first, second, third] = [1, 2, 3].map(() => generateKeyPairSync('ed25519').privateKey) as [
  KeyObject,
  KeyObject,
  KeyObject,
]
const publicOf = (key: KeyObject) => createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64')

let root: string
let paths: AgentPaths

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'instruction-'))
  paths = pathsOf(undefined, root)
  for (const path of [paths.configDirectory, paths.stateDirectory]) mkdirSync(path, { recursive: true })
  const config = {
    ...{ format: 1, nodeName: 'one', urls: ['https://c:1'], cluster: { id: 'c', name: 'demo' } },
    instructionKey: publicOf(first),
  }
  writeFileSync(paths.configFile, JSON.stringify(config))
  writeFileSync(paths.caFile, ca.certificate)
  const { privateKey, publicKey } = createKeyPair()
  const order = { ca, publicKey, commonName: NODE, organization: 'cantrip:node', usages: ['clientAuth' as const] }
  writeIdentity(paths, { key: keyToPem(privateKey), cert: issueCertificate({ ...order, notBefore: now, days: 1 }) })
})
afterEach(() => rmSync(root, { recursive: true }))

function store(path: string, key: KeyObject): void {
  const addressed = { run: 'r-aaaaaaaaaa', node: NODE, generation: 1, expiresAt: '2026-01-01T01:00:00Z' }
  const payload = JSON.stringify({ ...addressed, role: 'reset', params: {} })
  const signed = { payload, signature: sign(null, Buffer.from(payload), key).toString('base64') }
  writeFileSync(path, JSON.stringify({ seq: 1, run: 'r-aaaaaaaaaa', role: 'reset', generation: 1, signed }))
}
/** What the controller sends after a rotation of its keys. */
const rotate = (generation: number, ...keys: KeyObject[]) =>
  writeTrust(paths, { generation, authorities: [ca.certificate], instructionKeys: keys.map(publicOf) })

test('what was carried out is known after the key that signed it was replaced, and an instruction needs a present one', async () => {
  store(paths.provisionedFile, first)
  store(paths.instructionFile, first)
  rotate(3, first, second)
  rotate(4, second)
  expect((await readCarriedOut(paths)).instruction.run).toBe('r-aaaaaaaaaa')
  await expect(readInstruction(paths)).rejects.toMatchObject({ code: 'instruction/unsigned' })
  store(paths.provisionedFile, second)
  rotate(5, second, third)
  rotate(6, third)
  expect((await readCarriedOut(paths)).instruction.run).toBe('r-aaaaaaaaaa')
  store(paths.provisionedFile, generateKeyPairSync('ed25519').privateKey)
  await expect(readCarriedOut(paths), 'a key that was never trusted').rejects.toMatchObject({
    code: 'instruction/unsigned',
  })
})
