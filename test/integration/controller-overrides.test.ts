/** Overrides are parsed by the controller, so that a program that calls the API finds out too, and not the first node. */
import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildCsr } from '../../src/pki/csr.ts'
import { ClusterSettings } from '../../src/protocol/settings/cluster-settings.ts'
import { openScene, type Scene } from '../support/controller/scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
  await scene.up(['m1', ['master']])
})
afterAll(() => scene.close())

const csr = () => buildCsr(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'installer')
const declaration = (name: string, overrides: object) => ({
  csr: csr(),
  declaration: { apiVersion: 'cantrip/v1', kind: 'Cluster', metadata: { name }, spec: { overrides } },
})
const BAD: [what: string, overrides: Record<string, string>, found: RegExp][] = [
  ['no YAML', { kubelet: 'maxPods: [50' }, /the override of kubelet is not YAML/],
  ['no mapping', { 'kube-proxy': '- mode' }, /the override of kube-proxy contains a document that is not a mapping/],
  [
    'no TOML',
    { containerd: 'version = 3\n[plugins\n' },
    /the override of containerd is not TOML: .* at line 2, column /,
  ],
  ['another kind', { kubeadm: 'kind: Pod' }, /the override of kubeadm contains a document of kind Pod/],
]

test.each(BAD)('%s is refused when a cluster is created, changed or declared', async (_, overrides, found) => {
  const settings = ClusterSettings.parse({ overrides })
  const running = '/v1/clusters/demo/settings'
  for (const [method, path, body] of [
    ['POST', '/v1/clusters', { name: 'other', settings, csr: csr() }],
    ['POST', running, { settings: { overrides }, maxUnavailable: '1' }],
    ['POST', `${running}?dryRun=1`, { settings: { overrides }, maxUnavailable: '1' }],
    ['POST', '/v1/declarations', declaration('other', overrides)],
    ['POST', '/v1/declarations?dryRun=1', declaration('demo', overrides)],
  ] as const) {
    const { status, json } = await scene.admin(method, path, body)
    expect([path, status, json.code]).toEqual([path, 422, 'override/not-usable'])
    expect(json.detail).toMatch(found)
  }
  expect((await scene.admin('GET', '/v1/clusters/demo')).json.settings.overrides).toEqual({})
})

test('those that the programs can use are accepted', async () => {
  const body = {
    settings: { overrides: { kubelet: 'maxPods: 50\n', containerd: 'version = 3\n[debug]\n  level = "debug"\n' } },
    maxUnavailable: '1',
  }
  expect((await scene.admin('POST', '/v1/clusters/demo/settings?dryRun=1', body)).status).toBe(200)
})
