/**
 * A controller to kill. argv: the location of the store, which it opens after a line on stdin. Then several lanes change one
 * cluster, with several records per commit, and print the number of each acknowledged commit.
 */
import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { AgentError } from '../../src/base/agent-error.ts'
import type { Change } from '../../src/controller/domain/change.ts'
import type { Store } from '../../src/controller/store/port.ts'
import { auditContent } from '../support/controller/audit.ts'
import { cluster, EARLY, node } from '../support/controller/member.ts'
import { openAt } from '../support/controller/open-at.ts'

const LANES = 3
const [, , where = ''] = process.argv
await once(process.stdin, 'data')
const store = await openAt(where)
await Promise.all(Array.from({ length: LANES }, () => write(store)))

async function write(store: Store): Promise<void> {
  for (;;) {
    try {
      const found = await store.load(cluster().id)
      const count = (found?.cluster.attempt ?? 0) + 1
      const expected = { clusterId: cluster().id, version: found?.version ?? -1 }
      if (await store.commit(changes(count), expected)) writeSync(1, `${count}\n`)
    } catch (error) {
      // The server was killed. Nothing was acknowledged, and the server comes back.
      if (!(error instanceof AgentError) || error.code !== 'store/unreachable') throw error
      writeSync(1, 'cut\n')
      await setTimeout(20)
    }
  }
}

function changes(attempt: number): Change[] {
  const event = { kind: 'cluster-state', at: EARLY, state: 'READY' } as const
  const addEvent = (nodeSeq: number): Change => ({
    change: 'add-event',
    event: { at: EARLY, clusterId: cluster().id, nodeId: node().id, nodeSeq, runId: null, event },
  })
  return [
    { change: 'set-cluster', id: cluster().id, to: { attempt } },
    addEvent(2 * attempt - 1),
    { change: 'set-node', id: node().id, to: { attempt, agentVersion: 'x'.repeat(20_000) } },
    addEvent(2 * attempt),
    { change: 'add-audit-entry', content: auditContent({ count: attempt }) },
  ]
}
