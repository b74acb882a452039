/** A provisioning run on a node whose ledger was written by an earlier build. */

import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { execute } from '../../src/agent/execute/execute.ts'
import { type AgentPaths, pathsOf } from '../../src/agent/paths.ts'
import { DEFAULT_VERSIONS } from '../../src/bundle/versions/sets.ts'
import type { EngineEvent } from '../../src/engine/event.ts'
import type { Entry } from '../../src/ledger/entry.ts'
import { createCa, issueCertificate } from '../../src/pki/certificate.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'
import { ledgerText } from '../support/fixtures/ledger.ts'

const UNIT = '/etc/systemd/system/containerd.service'
const run = 'r-aaaaaaaaaa'
const EARLIER: Entry[] = [
  { kind: 'run-begun', run, role: 'first-master', at: '2026-01-01T00:00:00Z' },
  {
    ...{ kind: 'change', run, step: 'containerd/write-configuration', change: 'file', what: UNIT },
    undo: { kind: 'remove-path', path: UNIT },
  },
]

let root: string
let paths: AgentPaths
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'earlier-'))
  paths = pathsOf(undefined, root)
  for (const path of [paths.configFile, paths.linkFile, join(paths.ledgerDirectory, 'ledger.jsonl')])
    mkdirSync(dirname(path), { recursive: true })
})
afterEach(() => rmSync(root, { recursive: true }))

/** The controller does not exist, so that no run can change this machine. */
function install(role: string): void {
  const ca = createCa({ commonName: 'test', days: 10, now: new Date() })
  const { privateKey, publicKey } = createKeyPair()
  const certificate = issueCertificate({
    ...{ ca, publicKey, commonName: 'n-abcdefghij', organization: 'cantrip:node', usages: ['clientAuth'] },
    ...{ notBefore: new Date(Date.now() - 60_000), days: 5 },
  })
  const controllerKey = generateKeyPairSync('ed25519')
  const cluster = { id: 'c-aaaaaaaaaa', name: 'demo' }
  const config = {
    ...{ format: 1, nodeName: 'one', urls: ['https://127.0.0.1:1'], cluster },
    instructionKey: controllerKey.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  }
  writeFileSync(paths.configFile, JSON.stringify(config))
  writeFileSync(paths.caFile, ca.certificate)
  writeFileSync(paths.nodeIdentity, `${keyToPem(privateKey).trimEnd()}\n${certificate}`)
  const place = { name: 'one', address: '10.0.0.1' }
  const params = {
    bundle: { name: 'small', manifestSha256: '0'.repeat(64), publicKey: 'AAAA' },
    cluster: {
      ...{
        ...cluster,
        kubernetesVersion: DEFAULT_VERSIONS.kubernetes,
        cni: 'none',
        dedicatedMasters: false,
        overrides: {},
      },
      ...{ podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/12', endpoint: '10.0.0.1:6443', masters: [place] },
    },
    node: { ...place, roles: ['worker'], labels: {} },
  }
  const head = { run: 'r-bbbbbbbbbb', node: 'n-abcdefghij', generation: 2, expiresAt: '2036-01-01T00:00:00Z' }
  const payload = JSON.stringify({ ...head, role, params })
  const signature = sign(null, Buffer.from(payload), controllerKey.privateKey).toString('base64')
  const open = { seq: 1, run: head.run, role, generation: 2, signed: { payload, signature } }
  writeFileSync(paths.instructionFile, JSON.stringify(open))
}

test.each(['first-master', 'master', 'worker'])('%s: the run fails before it records a change', async (role) => {
  install(role)
  const path = join(paths.ledgerDirectory, 'ledger.jsonl')
  const ledger = ledgerText(...EARLIER)
  writeFileSync(path, ledger)
  const events: EngineEvent[] = []
  await execute({ paths, emit: (event) => void events.push(event), signal: AbortSignal.timeout(20_000) })
  expect(events).toMatchObject([{ kind: 'run-ended', outcome: 'failed', error: { code: 'containerd/earlier-build' } }])
  expect(readFileSync(path, 'utf8')).toBe(ledger)
})
