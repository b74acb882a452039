/** A file with a later version of Kubernetes begins an upgrade; one with an earlier version is refused. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { importBundle } from '../../src/bundle/import.ts'
import { DEFAULT_VERSIONS, VERSION_SETS } from '../../src/bundle/versions/sets.ts'
import type { UpgradeView } from '../../src/protocol/api/clusters/upgrades.ts'
import { minorsAhead } from '../../src/protocol/kubernetes-version.ts'
import { CAPABILITIES } from '../../src/protocol/wire/capabilities.ts'
import { connectAgent, facts } from '../support/controller/agent.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { Scene } from '../support/controller/scene.ts'
import { tinyBundle } from '../support/tiny-bundle.ts'

const PRESENT = DEFAULT_VERSIONS.kubernetes
const NEXT = VERSION_SETS.find(({ kubernetes }) => minorsAhead(PRESENT, kubernetes) === 1)

let root: string
let scene: Scene
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'declared-version-'))
  await importSmallBundle(join(root, 'data'), Buffer.from('kubelet'))
  scene = new Scene(join(root, 'data'))
  await scene.start()
})
afterEach(async () => {
  await scene.close()
  rmSync(root, { recursive: true })
})

function file(kubernetesVersion?: string): string {
  const path = join(root, 'demo.yaml')
  const spec = kubernetesVersion === undefined ? {} : { kubernetesVersion }
  const document = { apiVersion: 'cantrip/v1', kind: 'Cluster', metadata: { name: 'demo' }, spec }
  writeFileSync(path, stringify(document), { mode: 0o600 })
  return path
}
const upgrade = async () => (await scene.admin('GET', '/v1/clusters/demo')).json.upgrade as UpgradeView | null

test('a later version is an upgrade, an earlier one is refused, and so is one without a bundle', async () => {
  if (!NEXT) throw new Error(`no version set follows ${PRESENT}`)
  const { kubernetes: next } = NEXT
  const [master] = await scene.up(['m1', ['master']])
  if (!master) throw new Error('no master')
  master.agent.socket.terminate()
  await master.agent.closed
  const agent = await connectAgent(scene.controller, master.node, 1, facts, { capabilities: [...CAPABILITIES] })
  await scene.report([{ ...master, agent }])

  const lacking = await scene.cli('apply', '-f', file(next), '--yes')
  expect(lacking.code).toBe(2)
  expect(lacking.err).toMatch(
    /demo\.yaml:6:\d+: spec\.kubernetesVersion: there is no bundle of Kubernetes v[\d.]+ for /,
  )
  expect(lacking.err).toMatch(/\(bundle\/none\)\n.*fix: .*controller bundle import FILE_OR_DIRECTORY --data/)
  const lower = await scene.cli('diff', '-f', file('v1.30.0'))
  expect(lower.code).toBe(2)
  expect(lower.err).toContain(`found v1.30.0; cluster demo has ${PRESENT}, and Kubernetes cannot be downgraded`)
  expect(lower.err).toContain(`(upgrade/version)`)
  expect(lower.err).toContain('controller cluster upgrade demo --to VERSION --dry-run')
  expect(await upgrade()).toBeNull()

  const { directory, publicKey } = await tinyBundle(join(root, 'next'), { versions: NEXT })
  await importBundle(directory, join(root, 'data'), publicKey, new Date())
  const diff = await scene.cli('diff', '-f', file(next))
  expect(diff).toMatchObject({ code: 1, err: '' })
  expect(diff.out).toBe(
    [
      'Cluster demo would change:',
      `  ~ spec.kubernetesVersion: "${PRESENT}" -> "${next}"`,
      `  ~ upgrade of 1 node from ${PRESENT} to ${next}; see: controller cluster upgrade demo --to ${next} --dry-run\n`,
    ].join('\n'),
  )
  const unconfirmed = await scene.cli('apply', '-f', file(next))
  expect(unconfirmed.code).toBe(2)
  expect(await upgrade()).toBeNull()
  expect(await scene.cli('apply', '-f', file(next), '--yes')).toMatchObject({ code: 0, err: '' })
  expect(await upgrade()).toMatchObject({ from: PRESENT, to: next, rounds: [next], state: 'running', of: 1 })

  // Again, without a version, and with the present one while the upgrade has not reached the masters: nothing changes.
  for (const version of [next, undefined, PRESENT])
    expect(await scene.cli('apply', '-f', file(version), '--yes')).toMatchObject({
      ...{ code: 0, out: 'No changes: cluster demo is as declared.\n' },
    })
  const { entries } = (await scene.admin('GET', '/v1/audit?cluster=demo')).json
  expect(entries.at(-1)).toMatchObject({
    action: 'applyDeclaration',
    changes: [{ record: 'cluster', fields: { upgrade: { after: { to: next, state: 'running' } } } }],
  })
})

test('the version of a cluster on which nothing is installed yet is only noted', async () => {
  if (!NEXT) throw new Error(`no version set follows ${PRESENT}`)
  expect(await scene.cli('apply', '-f', file(NEXT.kubernetes))).toMatchObject({ code: 0, err: '' })
  expect((await scene.admin('GET', '/v1/clusters/demo')).json.settings.kubernetesVersion).toBe(NEXT.kubernetes)
  expect(await upgrade()).toBeNull()
})
