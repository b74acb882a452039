import { expect, test } from 'vitest'
import { ClusterSettings } from '../../../protocol/settings/cluster-settings.ts'
import { CAPABILITIES, FIRST_CAPABILITIES } from '../../../protocol/wire/capabilities.ts'
import type { Upgrade } from '../upgrade/record.ts'
import { updateNeeded } from './update-needed.ts'

const node = { name: 'w1', agentVersion: '0.1.0', rejoin: null, disks: [] as string[] }
const cluster = { name: 'demo', settings: ClusterSettings.parse({}), upgrade: null }

test.each([FIRST_CAPABILITIES, CAPABILITIES])('an agent that knows all of it needs no update', (...known) => {
  expect(updateNeeded(node, cluster, 'worker', known)).toBeUndefined()
  expect(updateNeeded(node, cluster, 'reset', known)).toBeUndefined()
})

test('an instruction that the agent does not know is an error that names it, with a fix', () => {
  const known = FIRST_CAPABILITIES.filter((each) => each !== 'instruction/worker')
  const found = updateNeeded(node, cluster, 'worker', known)
  expect(found).toMatchObject({ code: 'agent/update-needed' })
  expect(found?.message).toBe(
    'found agent 0.1.0 on w1, which does not support instruction/worker; wanted an agent that does',
  )
  expect(found?.fix).toMatch(/^update the agent on w1: .*controller cluster provision demo$/)
})

test('disks for storage need an agent that makes file systems', () => {
  const storage = { ...node, disks: ['/dev/vdb'] }
  expect(updateNeeded(storage, cluster, 'worker', FIRST_CAPABILITIES)?.message).toContain('params/disks')
  expect(updateNeeded(storage, cluster, 'worker', CAPABILITIES)).toBeUndefined()
})

const UPGRADE = { upgrade: { state: 'failed' } as Upgrade }

test('a move of the API endpoint needs an agent that changes it on a node that has joined', () => {
  const known = CAPABILITIES.filter((each) => each !== 'change/endpoint')
  const upgrade = { state: 'running', settings: ['endpoint'] } as Upgrade
  expect(updateNeeded(node, { ...cluster, upgrade }, 'upgrade', known)?.message).toContain('change/endpoint')
  expect(updateNeeded(node, { ...cluster, upgrade }, 'upgrade', CAPABILITIES)).toBeUndefined()
  expect(updateNeeded(node, { ...cluster, upgrade: { ...upgrade, state: 'done' } }, 'upgrade', known)).toBeUndefined()
})

const rejoin = { recovery: 'r-bbbbbbbbbb', survivor: 'm1', since: '2026-01-01T00:00:00.000Z' }

test('restored data of etcd needs an agent that joins it beside others that run', () => {
  const known = CAPABILITIES.filter((each) => each !== 'change/rejoin')
  const found = updateNeeded({ ...node, rejoin }, cluster, 'restore-etcd', known)
  expect(found?.message).toContain('does not support change/rejoin;')
  expect(found?.fix).toBe('controller node update w1, then: controller cluster provision demo')
  expect(updateNeeded({ ...node, rejoin }, cluster, 'restore-etcd', CAPABILITIES)).toBeUndefined()
})

test.each([
  ['worker', {}, 'controller node update w1, then: controller cluster provision demo'],
  ['upgrade', {}, 'controller node update w1, then begin the upgrade again'],
  ['upgrade', UPGRADE, 'controller node update w1, then: controller cluster upgrade demo --resume'],
  ['add-ons', UPGRADE, 'controller node update w1, then: controller cluster upgrade demo --resume'],
  ['restore-etcd', {}, 'controller node update w1, then begin again'],
  ['renew', {}, 'controller node update w1'],
] as const)('after the update, %s goes on with its own command', (role, own, fix) => {
  const found = updateNeeded(node, { ...cluster, ...own }, role, ['operation/update-agent'])
  expect(found?.fix).toBe(fix)
})
