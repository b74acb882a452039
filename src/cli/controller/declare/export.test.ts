import { expect, test } from 'vitest'
import { cluster } from '../../../../test/support/controller/member.ts'
import { seededRandom } from '../../../../test/support/random.ts'
import { exported, fieldChanges } from '../../../controller/declaration/changes.ts'
import { problemsOf, settingsFor } from '../../../controller/declaration/problems.ts'
import { type NodeRules, rulesIn } from '../../../protocol/declaration/declaration.ts'
import { ClusterSettings, SETTINGS } from '../../../protocol/settings/cluster-settings.ts'
import type { Setting } from '../../../protocol/settings/setting.ts'
import { structured } from '../../kit/output.ts'
import { checkDocument } from './check.ts'
import { parseDocuments } from './documents.ts'

const TEXTS = [
  '',
  'Berlin',
  'yes',
  '012',
  '1e3',
  '~',
  'null',
  ' a ',
  'a: b # c',
  '- x',
  '"\'',
  'ä\u{1F600}',
  'a\nb\n\n',
  '\t',
  '\u202e',
  '|',
  '%',
  '<<',
  '*a',
]
const LABELS = [{}, { a: 'on' }, { 'x/y': '1', z: '0x1f', n: 'null' }]
const RULES: (NodeRules | null)[] = [
  null,
  { provision: 'manually', nodes: [] },
  {
    provision: 'automatically',
    nodes: [
      { match: { hostname: ['cp-[1-3]', '*'], serial: '012' }, roles: ['master'], count: 3, approve: 'manually' },
      {
        match: { machineId: '1'.repeat(32), mac: '52:54:00:12:34:56', label: { a: 'no' } },
        roles: ['worker', 'storage'],
        disks: ['/dev/sdb'],
      },
    ],
  },
]

test('applying what was exported changes nothing, whatever the settings are', async () => {
  const random = seededRandom(1_404)
  const one = <T>(all: readonly T[]) => all[Math.floor(random() * all.length)] as T
  for (let round = 0; round < 300; round++) {
    const examples = Object.entries<Setting>(SETTINGS).filter(() => random() < 0.5)
    // Its example names a registry of the example of the other.
    const isNeeded = examples.some(([name]) => name === 'mirrorOnly')
    if (isNeeded) examples.push(['registryMirrors', SETTINGS.registryMirrors])
    const settings = ClusterSettings.parse({
      ...Object.fromEntries(examples.map(([name, { example }]) => [name, example])),
      ...(random() < 0.7 && { location: one(TEXTS), labels: one(LABELS) }),
      ...(random() < 0.5 && { overrides: { kubelet: one(TEXTS), containerd: one(TEXTS) } }),
      ...(random() < 0.7 && { dedicatedMasters: false }),
    })
    const before = cluster({ settings, rules: one(RULES), project: one(['default', 'berlin', 'on']) })
    const text = await structured(one(['yaml', 'json']), exported(before))
    const [source] = parseDocuments('f', text)
    const checked = source && checkDocument(source)
    if (!checked || !('declaration' in checked)) throw new Error(`${JSON.stringify(checked)}\n${text}`)
    const { declaration } = checked
    const after = {
      ...{ name: declaration.metadata.name, project: declaration.metadata.project ?? '' },
      ...{ settings: settingsFor(declaration, before.settings), rules: rulesIn(declaration.spec) },
    }
    expect(fieldChanges(before, after), text).toEqual([])
    expect(problemsOf(declaration, after.settings, before), text).toEqual([])
  }
})

test('a later default of a setting that cannot change is not a change of an existing cluster', () => {
  const settings = ClusterSettings.parse({ kubernetesVersion: 'v1.30.1', location: 'Berlin' })
  const declaration = { ...exported(cluster()), spec: {} }
  expect(settingsFor(declaration, settings)).toEqual({ ...settings, location: '' })
})
