import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { cluster, node, run } from '../../../test/support/controller/member.ts'
import { Changes } from '../live/changes.ts'
import { Operations } from '../live/operations.ts'
import { NOBODY } from '../live/presence.ts'
import { openTurns } from '../reconcile/turns.ts'
import type { Store } from '../store/port.ts'
import { openSqliteStore } from '../store/sqlite/store.ts'
import { invite } from './invite.ts'

const master = node({ id: 'n-mmmmmmmmmm', name: 'm', state: 'READY', roles: ['master'] })
const worker = node({ id: 'n-wwwwwwwwww', name: 'w', address: '10.0.0.2', state: 'PROVISIONING', roles: ['worker'] })
const running = run({ id: 'r-wwwwwwwwww', nodeId: worker.id, role: 'worker' })
const wait = { waitMs: 0, signal: new AbortController().signal }

let directory: string
let store: Store
let nowMs = 0
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'invite-'))
  store = openSqliteStore(join(directory, 'controller.db'))
  await store.commit([
    { change: 'add-cluster', cluster: cluster({ desired: 'provision' }) },
    { change: 'add-node', node: master },
    { change: 'add-run', run: run({ id: 'r-mmmmmmmmmm', nodeId: master.id, state: 'done' }) },
    { change: 'add-node', node: worker },
  ])
})
afterEach(async () => {
  await store.close()
  rmSync(directory, { recursive: true })
})

/** Of one process: what another one commits is not announced there. */
const ask = () => {
  const ports = {
    ...{ store, turns: openTurns(), operations: new Operations(), changes: new Changes(), presence: NOBODY },
    ...{ authority: {} as never, now: () => new Date(nowMs), startedAt: new Date(0) },
  }
  return () => invite(ports, worker, '', wait)
}

it('is not for a node without an instruction to join', async () => {
  await expect(ask()()).rejects.toThrow(expect.objectContaining({ code: 'invitation/not-due' }))
})

it('is not refused for what another process has changed since all nodes were read', async () => {
  const asks = ask()
  await expect(asks()).rejects.toThrow('the node has no open instruction to join a cluster')
  await store.commit([{ change: 'add-run', run: running }])
  expect(await asks()).toEqual({ waitingFor: 'master m to be connected' })
})

it('sees within a second that it is no more a question of its turn', async () => {
  const asks = ask()
  await store.commit([{ change: 'add-run', run: running }])
  await store.commit([{ change: 'set-run', id: 'r-mmmmmmmmmm', to: { state: 'open' } }])
  expect(await asks()).toEqual({ waitingFor: 'master m' })
  await store.commit([{ change: 'set-run', id: 'r-mmmmmmmmmm', to: { state: 'done' } }])
  nowMs += 1_000
  expect(await asks()).toEqual({ waitingFor: 'master m to be connected' })
})
