import type { UpFrame } from '../../protocol/wire/frames.ts'
import { OPERATION_FRAME } from '../../protocol/wire/operation.ts'
import type { Core } from '../core.ts'
import type { Node, Run } from '../domain/records.ts'
import { wasReset } from '../nodes/node-commands.ts'
import { advance } from '../reconcile/progress.ts'
import { reconcile } from '../reconcile/reconcile.ts'

export interface Received {
  nodeId: string
  frame: UpFrame
}

/**
 * Makes a batch of messages durable at once and lets the director decide on them. A message that is there already is
 * passed over, so that each takes effect once however often it is sent.
 */
export function ingest(core: Core, batch: readonly Received[]): void {
  const clusters = new Set<string>()
  core.store.transaction(() => {
    for (const { nodeId, frame } of batch) {
      const node = core.store.nodes.get(nodeId)
      if (!node || node.state === 'REMOVED') continue
      take(core, node, frame)
      // How far a run has come decides nothing, and there are many of these.
      if (DECISIVE.includes(frame.t)) clusters.add(node.clusterId)
    }
    for (const cluster of clusters) reconcile(core, cluster)
  })
  core.changes.announce()
}

const DECISIVE: readonly UpFrame['t'][] = ['hello', 'facts', 'result', 'reset']

function take(core: Core, node: Node, frame: UpFrame): void {
  const { store } = core
  acknowledge(core, node, frame.t === 'hello' ? Math.max(frame.ack, frame.body.lastSeq) : frame.ack)
  switch (frame.t) {
    case 'hello': {
      const { agentVersion, bootId, warnings } = frame.body
      store.nodes.update(node.id, { agentVersion, bootId, warnings })
      break
    }
    case 'facts':
      store.nodes.update(node.id, { facts: frame.body, agentVersion: frame.body.agentVersion })
      break
    case 'event':
    case 'result':
      if (frame.seq === 0) noteProgress(core, node, frame)
      else if (frame.seq > node.upSeq) takeOfRun(core, node, frame)
      break
    case 'reset':
      if (frame.seq <= node.upSeq) break
      store.nodes.update(node.id, { upSeq: frame.seq })
      wasReset(core, node)
      break
    case OPERATION_FRAME:
      core.operations.take(node.id, frame.body)
      break
    case 'pair-check':
      core.pairChecks.get(frame.body.check)?.campaign.hear(node.id, frame.body)
      break
    case 'ack':
      break
  }
}

/** What needs no acknowledgement may be lost: how far a step has come. */
function noteProgress(core: Core, node: Node, { t, body }: UpFrame & { t: 'event' | 'result' }): void {
  if (t !== 'event' || body.event.kind !== 'step-progress') return
  const { step, done, of } = body.event
  if (core.store.runs.get(body.run)?.nodeId === node.id) core.live.set(body.run, { step, done, of })
}

/** The node has made its instructions durable up to there. */
function acknowledge(core: Core, node: Node, seq: number): void {
  const taken = core.store.runs.where("node_id = ? AND state = 'open' AND acknowledged = 0 AND seq <= ?", node.id, seq)
  for (const run of taken) core.store.runs.update(run.id, { acknowledged: true })
}

function takeOfRun(core: Core, node: Node, frame: UpFrame & { t: 'event' | 'result' }): void {
  core.store.nodes.update(node.id, { upSeq: frame.seq })
  const run = core.store.runs.get(frame.body.run)
  if (!run || run.nodeId !== node.id) {
    core.log(`node ${node.id} told of run ${frame.body.run}, which is not its own`)
    return
  }
  if (frame.t === 'result') {
    finish(core, run, frame.body)
    return
  }
  const { event } = frame.body
  core.store.tell({
    at: event.at,
    clusterId: node.clusterId,
    nodeId: node.id,
    nodeSeq: frame.seq,
    runId: run.id,
    event,
  })
  const progress = advance(run.progress, event)
  if (progress !== run.progress) core.store.runs.update(run.id, { progress })
}

/** Exactly once: a run that has ended stays as it ended. */
function finish(core: Core, run: Run, result: (UpFrame & { t: 'result' })['body']): void {
  core.live.delete(run.id)
  if (run.state !== 'open') return
  core.store.runs.update(run.id, {
    state: result.outcome,
    acknowledged: true,
    error: result.error ?? null,
    endedAt: core.now().toISOString(),
  })
  // How far a download had come is of no use any more, and there are many of these.
  core.store.events.removeWhere("run_id = ? AND kind = 'step-progress'", run.id)
}
