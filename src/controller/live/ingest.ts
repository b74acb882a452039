import { isDeepStrictEqual } from 'node:util'
import { archivesOf } from '../../protocol/images/archives-of.ts'
import type { AddedImage, Facts } from '../../protocol/wire/facts.ts'
import type { UpFrame } from '../../protocol/wire/frames.ts'
import { OPERATION_FRAME } from '../../protocol/wire/released-names.ts'
import { isMarked } from '../../protocol/wire/step-mark.ts'
import { type Draft, nodeIn, runIn } from '../domain/draft.ts'
import type { Node, Run } from '../domain/records.ts'
import { wasReset } from '../nodes/node-commands.ts'
import type { Pace } from '../pace.ts'
import type {
  HasLiveProgress,
  HasLog,
  HasMeter,
  HasOperations,
  HasPairChecks,
  HasPublicUrls,
  HasRefusals,
  HasRunQuotas,
} from '../ports.ts'
import { changeCluster } from '../reconcile/change-cluster.ts'
import { advance } from '../reconcile/progress.ts'
import { type Reconciling, reconcile } from '../reconcile/reconcile.ts'
import { ofCluster } from './changes.ts'
import { liftRestored } from './restored.ts'

/** For this long after a run expired its events are stored. */
const LATE_MS = 86_400_000

export interface Received {
  nodeId: string
  frame: UpFrame
}

export type Ingesting = Reconciling &
  HasLiveProgress &
  HasPairChecks &
  HasRefusals &
  HasRunQuotas &
  HasMeter &
  HasPublicUrls

/**
 * Stores a batch of messages, once for each cluster. A message that is already stored is ignored, so each takes effect once,
 * however often it is sent. Decides about the cluster if a run has ended, and calls `due` if something else may lead to decisions.
 */
export async function ingest(ports: Ingesting, batch: readonly Received[], due: Pace['due']): Promise<void> {
  const clusters = await ports.store.clustersOf([...new Set(batch.map(({ nodeId }) => nodeId))])
  const byCluster = Map.groupBy(batch, ({ nodeId }) => clusters.get(nodeId))
  const stored = [...byCluster].flatMap(([cluster, received]) =>
    cluster === undefined ? [] : ingestOf(ports, cluster, received, due),
  )
  await Promise.all(stored)
}

/** Only these can lead to decisions. The many events of runs are stored without reconciling. */
export const DECISIVE: readonly UpFrame['t'][] = ['hello', 'facts', 'result', 'reset']
/** The nodes wait for the decisions that follow these, or what they say is about other nodes too. */
function isUrgentFrame({ t, body }: UpFrame): boolean {
  return (
    t === 'result' || t === 'reset' || (t === 'event' && 'marks' in body.event && isMarked(body.event, 'replaces-data'))
  )
}

/** The controller that has the lease of the cluster is told to decide. */
const BY_ANOTHER = { peers: { leaseOf: async () => undefined }, decide: () => undefined }

async function ingestOf(
  ports: Ingesting,
  cluster: string,
  received: readonly Received[],
  due: Pace['due'],
): Promise<void> {
  const work = (draft: Draft) => {
    for (const { nodeId, frame } of received) {
      const node = nodeIn(draft, nodeId)
      if (node && node.state !== 'REMOVED') apply(ports, draft, node, frame)
    }
  }
  const runs = received.flatMap(({ frame: { body } }) => ('run' in body ? [body.run] : []))
  await ports.runQuotas.load(
    received.flatMap(({ frame }) => (frame.t === 'event' && frame.seq > 0 ? [frame.body.run] : [])),
  )
  const has = (kinds: readonly UpFrame['t'][]) => received.some(({ frame }) => kinds.includes(frame.t))
  const isUrgent = received.some(({ frame }) => isUrgentFrame(frame))
  const nodes = [...new Set(received.map(({ nodeId }) => nodeId))]
  const isOurs = (await ports.peers.leaseOf(cluster)) !== undefined
  const done = isUrgent
    ? await reconcile(ports, cluster, work, { runs })
    : await changeCluster(ports, cluster, work, { runs, nodes }, has(DECISIVE) && !isOurs ? BY_ANOTHER : undefined)
  if (!done) return
  const isNews = done.draft.changes.length > 0 || nodes.some((id) => nodeIn(done.draft, id)?.silent !== 'no')
  if (!isUrgent && isOurs && isNews && has(DECISIVE)) due(cluster)
  for (const { nodeId, frame } of received)
    if (nodeIn(done.draft, nodeId)) receiveLive(ports, done.draft, nodeId, frame)
  ports.changes.announce(ofCluster(cluster))
}

function apply(ports: HasLog & HasRefusals & HasRunQuotas, draft: Draft, node: Node, frame: UpFrame): void {
  if (frame.t === 'hello') liftRestored(ports, draft, node, frame.body)
  acknowledge(draft, node, frame.t === 'hello' ? Math.max(frame.ack, frame.body.lastSeq) : frame.ack)
  switch (frame.t) {
    case 'hello': {
      const { agentVersion, bootId, warnings } = frame.body
      setIfNews(draft, node, { agentVersion, bootId, warnings })
      break
    }
    case 'facts':
      noteImages(draft, node, frame.body)
      setIfNews(draft, node, { facts: frame.body, agentVersion: frame.body.agentVersion })
      break
    case 'event':
    case 'result':
      if (frame.seq > node.upSeq) applyRunMessage(ports, draft, node, frame)
      break
    case 'reset':
      if (frame.seq <= node.upSeq) break
      draft.setNode(node.id, { upSeq: frame.seq })
      wasReset(draft, node)
      break
  }
}

/**
 * An event for each image that people added and that came to the node, or could not: once for each reason, whose text can differ at
 * each try.
 */
function noteImages(draft: Draft, node: Node, { addedImages = [] }: Facts): void {
  const before = node.facts?.addedImages ?? []
  const at = draft.now.toISOString()
  for (const image of new Map(addedImages.map((each) => [each.name, each])).values()) {
    const { name, digest, problem } = image
    const isOf = draft.cluster.images.some(
      (each) =>
        each.name === name &&
        each.addedAt === image.addedAt &&
        archivesOf(each).some((archive) => archive.digest === digest),
    )
    if (!isOf || before.some((each) => isDeepStrictEqual(newsOf(each), newsOf(image)))) continue
    const state = problem ? ('failed' as const) : ('here' as const)
    const event = { kind: 'image-state' as const, at, image: name, digest, state, ...(problem && { error: problem }) }
    draft.addEvent({ at, nodeId: node.id, nodeSeq: null, runId: null, event })
  }
}

const newsOf = ({ name, digest, addedAt, problem }: AddedImage) => [name, digest, addedAt, problem?.code]

/** Of the thousands of nodes that come back to a controller that was restarted, most say what is stored. */
function setIfNews(draft: Draft, node: Node, said: Partial<Node>): void {
  const isNews = Object.entries(said).some(([field, value]) => !isDeepStrictEqual(value, node[field as keyof Node]))
  if (isNews) draft.setNode(node.id, said)
}

/** The node has stored its instructions up to this number. */
function acknowledge(draft: Draft, node: Node, seq: number): void {
  const taken = draft.runs.filter((run) => run.nodeId === node.id && run.state === 'open' && run.seq <= seq)
  for (const { id, acknowledged } of taken) if (!acknowledged) draft.setRun(id, { acknowledged: true })
}

function applyRunMessage(
  ports: HasRefusals & HasRunQuotas,
  draft: Draft,
  node: Node,
  frame: UpFrame & { t: 'event' | 'result' },
): void {
  draft.setNode(node.id, { upSeq: frame.seq })
  const run = runIn(draft, frame.body.run)
  if (!run || run.nodeId !== node.id) {
    const reason = `node ${node.id} reported runs that are not its own`
    ports.refused(reason, `node ${node.id} reported run ${frame.body.run}, which is not one of its runs`)
    return
  }
  if (frame.t === 'result') {
    finish(draft, run, frame.body)
    return
  }
  if (!takesEvents(run, draft.now)) {
    // Acknowledged all the same: the agent would send them for ever.
    const reason = `node ${node.id} reported events of runs that have ended`
    ports.refused(reason, `node ${node.id} reported an event of run ${run.id}, which has ended`)
    return
  }
  const { event } = frame.body
  if (ports.runQuotas.take(run.id, event)) {
    draft.addEvent({ at: event.at, nodeId: node.id, nodeSeq: frame.seq, runId: run.id, event })
  } else {
    const reason = `node ${node.id} reported more events of a run than are stored`
    ports.refused(reason, `node ${node.id} reported more events of run ${run.id} than are stored`)
  }
  const progress = advance(run.progress, event)
  if (progress !== run.progress) draft.setRun(run.id, { progress })
}

/**
 * The result is the last message of a run. A run that expired may have begun all the same, unknown to the controller: its node
 * reports it when it connects.
 */
function takesEvents({ state, endedAt }: Run, now: Date): boolean {
  if (state !== 'expired') return state === 'open'
  return endedAt !== null && now.getTime() - Date.parse(endedAt) < LATE_MS
}

/** Ends a run. Ignored if the run has already ended. */
function finish(draft: Draft, run: Run, result: (UpFrame & { t: 'result' })['body']): void {
  if (run.state !== 'open') return
  draft.setRun(run.id, {
    state: result.outcome,
    acknowledged: true,
    error: result.error ?? null,
    endedAt: draft.now.toISOString(),
  })
  // The many progress events are not needed after the run.
  draft.removeStepProgress(run.id)
}

/** Handles messages that are not stored: answers that a caller waits for, and the progress of steps. */
function receiveLive(ports: Ingesting, draft: Draft, nodeId: string, frame: UpFrame): void {
  switch (frame.t) {
    case 'event': {
      const { run, event } = frame.body
      const known = runIn(draft, run)
      const isRunning = known?.nodeId === nodeId && known.state === 'open'
      if (frame.seq === 0 && event.kind === 'step-progress' && isRunning) {
        ports.live.set(run, { step: event.step, done: event.done, of: event.of })
      }
      break
    }
    case 'result':
      ports.live.delete(frame.body.run)
      break
    case OPERATION_FRAME:
    case 'pair-check':
      receiveAnswer(ports, nodeId, frame)
      ports.peers.passOn(nodeId, frame)
      break
  }
}

/** Ignores an answer that nobody here waits for. */
export function receiveAnswer(ports: HasOperations & HasPairChecks, nodeId: string, frame: UpFrame): void {
  if (frame.t === OPERATION_FRAME) ports.operations.apply(nodeId, frame.body)
  if (frame.t === 'pair-check') ports.pairChecks.get(frame.body.check)?.campaign.receive(nodeId, frame.body)
}
