import { describe, expect, it, test } from 'vitest'
import { cluster, EARLY, node, run, upgrade } from '../../../../test/support/controller/member.ts'
import { wellReport } from '../../../../test/support/controller/well-report.ts'
import { UpgradeRequest } from '../../../protocol/api/clusters/upgrades.ts'
import { ClusterSettings } from '../../../protocol/settings/cluster-settings.ts'
import { openDraft } from '../../domain/draft.ts'
import { NOBODY } from '../../live/presence.ts'
import { startIn } from '../upgrade/commands.ts'
import type { Planning } from '../upgrade/plan.ts'
import { settingsAfter } from './after.ts'
import { planChange } from './plan.ts'

const NOW = new Date(EARLY)
const KUBEADM = 'kind: ClusterConfiguration\n'
const settings = ClusterSettings.parse({ labels: { site: 'north' } })
const report = wellReport(['m1', 'w1'], ['m1'])
const up = cluster({
  ...{ desired: 'provision', state: 'READY', establishedAt: EARLY, reportAt: EARLY, report, settings },
})
const m1 = node({ id: 'n-m1', name: 'm1', state: 'READY', roles: ['master'] })
const w1 = node({ id: 'n-w1', name: 'w1', state: 'READY', roles: ['worker'] })
const runs = [
  run({ id: 'r-m1', nodeId: 'n-m1', state: 'done' }),
  run({ id: 'r-w1', nodeId: 'n-w1', role: 'worker', state: 'done' }),
]

function plan(patch: Record<string, unknown>, its = up, capabilities?: string[]) {
  const presence = { ...NOBODY, ...(capabilities && { capabilitiesOf: () => capabilities }) }
  const ports = { now: () => NOW, startedAt: NOW, presence } as unknown as Planning
  const nodes = its.desired === 'none' ? [] : [m1, w1]
  const data = { cluster: its, nodes, runs, enrolments: [], version: 1 } as never
  return planChange(ports, data, settingsAfter(its.settings, patch), '1')
}

describe('the plan of a change', () => {
  it('refuses to remove a mirror that is the only source of its registry', () => {
    const mirrored = { registryMirrors: { 'docker.io': 'https://mirror.example.org' }, mirrorOnly: ['docker.io'] }
    const before = { ...up, settings: { ...settings, ...mirrored } }
    const { problems } = plan({ registryMirrors: { 'docker.io': null } }, before)
    expect(problems).toMatchObject([{ code: 'settings/no-mirror' }])
    expect(plan({ registryMirrors: null, mirrorOnly: null }, before).problems).toEqual([])
  })

  it('names what restarts, masters first', () => {
    expect(plan({ httpProxy: 'http://proxy:3128', overrides: { kubeadm: KUBEADM } })).toMatchObject({
      nodes: [
        { name: 'm1', wave: 0, restarts: expect.arrayContaining(['kube-apiserver', 'containerd']) },
        { name: 'w1', wave: 1, restarts: ['containerd'] },
      ],
      ...{ addOns: false, problems: [] },
    })
  })

  it('has only the node whose proxy changes', () => {
    const url = 'http://proxy:3128'
    const found = plan({ nodeProxies: { w1: url } })
    expect(found).toMatchObject({ nodes: [{ name: 'w1', restarts: ['containerd'] }], problems: [] })
    const before = { ...up, settings: { ...settings, nodeProxies: { m1: url, w1: url } } }
    expect(plan({ nodeProxies: { m1: null, later: 'none' } }, before).nodes.map(({ name }) => name)).toEqual(['m1'])
  })

  it('of add-ons has no node, and one of the location has nothing to roll out', () => {
    const ofAddOns = plan({ overrides: { 'kube-proxy': 'mode: nftables' } })
    expect(ofAddOns).toMatchObject({ nodes: [], addOns: true, problems: [] })
    expect(plan({ location: 'Berlin' })).toMatchObject({ nodes: [], addOns: false, problems: [], rollout: null })
    expect(plan({ labels: { site: 'north' } })).toMatchObject({ changes: [], rollout: null })
  })

  it('refuses what cannot change, with the reason, but not before there are nodes', () => {
    const refused = plan({ cni: 'calico' })
    expect(refused.problems).toMatchObject([
      { code: 'settings/fixed', message: expect.stringMatching(/two different/) },
    ])
    const fresh = plan({ cni: 'calico', podSubnet: '10.50.0.0/16' }, cluster())
    expect(fresh).toMatchObject({ problems: [], nodes: [], rollout: null })
  })

  it('is prevented by an upgrade that is active, unless no node has to be told', () => {
    const active = { ...up, upgrade: upgrade() }
    expect(plan({ httpProxy: 'http://proxy:3128' }, active).problems).toMatchObject([{ code: 'upgrade/active' }])
    expect(plan({ location: 'Berlin' }, active).problems).toEqual([])
  })

  it('names the agent that does not know the setting', () => {
    const known = ['instruction/upgrade']
    const found = plan({ httpProxy: 'http://proxy:3128' }, up, known).problems
    expect(found.map(({ code }) => code)).toEqual(['agent/update-needed', 'agent/update-needed'])
    expect(plan({ labels: { site: 'south' } }, up, known).problems).toEqual([])
  })
})

test('an upgrade remembers a change that was cancelled', () => {
  const left = { ...upgrade(), settings: ['httpProxy'], state: 'cancelled' as const }
  const its = { ...up, upgrade: left }
  const bundles = { versions: () => ['v1.99.1', 'v1.99.0'] }
  const ports = { now: () => NOW, startedAt: NOW, presence: NOBODY, bundles } as unknown as Planning
  const before = { ...its, settings: { ...settings, kubernetesVersion: 'v1.99.0' } }
  const old = { ...before, upgrade: { ...left, nodes: [] } }
  const draft = openDraft({ cluster: old, nodes: [m1, w1], runs, enrolments: [], version: 1 } as never, NOW)
  startIn(ports, draft, UpgradeRequest.parse({ to: 'v1.99.1' }))
  expect(draft.cluster.upgrade).toMatchObject({ rounds: ['v1.99.1'], unfinished: ['httpProxy'] })
})

test('a merge patch removes with null, and merges mappings', () => {
  const before = ClusterSettings.parse({ labels: { site: 'north', rack: '1' }, httpProxy: 'http://proxy:3128' })
  const after = settingsAfter(before, { labels: { rack: null, hall: '3' }, httpProxy: null })
  expect(after.labels).toEqual({ site: 'north', hall: '3' })
  expect(after.httpProxy).toBe(undefined)
  expect(() => settingsAfter(before, { httpProxy: 'http://me:word@proxy' })).toThrow(
    'found httpProxy "http://***@proxy"',
  )
  expect(() => settingsAfter(before, { proxy: 'x' })).toThrow('unknown setting proxy')
  expect(() => settingsAfter(before, { installerTtlDays: 0 })).toThrow('found installerTtlDays 0; wanted a number')
})
