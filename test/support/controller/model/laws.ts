import type { Change } from '../../../../src/controller/domain/change.ts'
import type { Node, Run } from '../../../../src/controller/domain/records.ts'
import { isMove } from '../../../../src/controller/domain/upgrade/upgrade.ts'
import type { Store } from '../../../../src/controller/store/port.ts'
import type { Instruction } from '../../../../src/protocol/wire/instruction.ts'
import { apply, type Mirror, presentIn, runsIn } from './mirror.ts'

/** The same store. Each successful commit is mirrored, and violations are reported. */
export function watched(store: Store, mirror: Mirror, report: (wrong: string) => void): Store {
  return {
    ...store,
    async commit(changes, expected) {
      const isDone = await store.commit(changes, expected).catch((error: unknown) => {
        report(`the store rejects the commit: ${error instanceof Error ? error.message : error}`)
        throw error
      })
      if (!isDone) mirror.refused += 1
      if (!isDone) return false
      if (expected) mirror.commits += 1
      for (const change of changes) {
        for (const wrong of breaks(mirror, change)) report(wrong)
        apply(mirror, change)
      }
      return true
    },
  }
}

/** The violations of a single change. */
function breaks(mirror: Mirror, change: Change): string[] {
  switch (change.change) {
    case 'set-cluster':
      return [
        ...ofAttempt(mirror, change.to.attempt),
        ...(change.to.desired === 'provision' ? ofProvision(mirror) : []),
      ]
    case 'set-node':
      return ofNode(mirror, change.id, change.to)
    case 'add-run':
      return ofNewRun(mirror, change.run)
    case 'set-run':
      return ofRun(mirror, change.id, change.to)
    case 'add-event': {
      const { nodeId, nodeSeq } = change.event
      const isKnown =
        nodeSeq !== null && mirror.events.some((each) => each.nodeId === nodeId && each.nodeSeq === nodeSeq)
      return isKnown ? [`event ${nodeSeq} of ${nodeId} is stored twice`] : []
    }
    default:
      return []
  }
}

const when = (isSo: boolean, what: string): string[] => (isSo ? [what] : [])

function ofAttempt({ cluster }: Mirror, attempt: number | undefined): string[] {
  return when(attempt !== undefined && attempt !== cluster.attempt + 1, `attempt ${attempt} follows ${cluster.attempt}`)
}

/** An even number of etcd members tolerates no more failures than one member fewer. */
function ofProvision(mirror: Mirror): string[] {
  const staying = presentIn(mirror).filter(({ roles, leaving }) => roles.includes('master') && leaving === 'no')
  const begins = staying.some(({ state }) => state === 'CONFIGURED')
  return when(begins && staying.length % 2 === 0, `a master begins where there are ${staying.length}`)
}

function ofNode(mirror: Mirror, id: string, to: Partial<Node>): string[] {
  const node = mirror.nodes.get(id)
  if (!node) return []
  const grows = (field: 'generation' | 'upSeq' | 'downSeq') => {
    const [before, after] = [node[field], to[field] ?? node[field]]
    return when(after < before, `${field} of ${node.name} goes from ${before} back to ${after}`)
  }
  const beyond = Object.keys(to).filter((field) => field !== 'lastSeen')
  return [
    ...grows('generation'),
    ...grows('upSeq'),
    ...grows('downSeq'),
    ...when(node.state === 'REMOVED' && beyond.length > 0, `${node.name} was removed, and gets ${beyond}`),
  ]
}

function ofNewRun(mirror: Mirror, run: Run): string[] {
  const node = mirror.nodes.get(run.nodeId)
  if (!node || node.state === 'REMOVED') return [`run ${run.role} is for a node that is gone`]
  const order = JSON.parse(run.payload) as Instruction
  const { name } = node
  const isOfRole =
    run.role === 'upgrade' ||
    run.role === 'add-ons' ||
    run.role === 'reset' ||
    run.role === 'renew' ||
    run.role === 'restore-etcd' ||
    node.roles.includes('master') === (run.role !== 'worker')
  const mayReset = run.role !== 'reset' || mirror.cluster.desired === 'reset' || node.leaving === 'reset'
  const founders = presentIn(mirror)
    .flatMap(({ id }) => runsIn(mirror, id))
    .filter(({ role, state, cancel, repair }) => role === 'first-master' && state === 'open' && !cancel && !repair)
  const isEarly = run.role === 'upgrade' && !node.roles.includes('master') && lateMasters(mirror).length > 0
  const busy = run.role === 'upgrade' && node.roles.includes('master') ? otherBusyMasters(mirror, node) : []
  const { upgrade } = mirror.cluster
  const isMoving = isMove(upgrade) && upgrade?.addOns !== 'done'
  const isTooEarly = isMoving && (run.role === 'master' || run.role === 'worker') && !run.repair && hasMaster(mirror)
  const isFurtherFounder = run.role === 'first-master' && !run.repair && founders.length > 0
  return [
    ...when(run.generation <= node.generation, `${name} gets generation ${run.generation} after ${node.generation}`),
    ...when(run.seq <= node.downSeq, `${name} gets message ${run.seq} after ${node.downSeq}`),
    ...when(order.run !== run.id || order.node !== node.id, `the instruction of ${run.id} says ${order.run}`),
    ...when(order.generation !== run.generation, `the instruction of ${run.id} is of generation ${order.generation}`),
    ...when(!isOfRole, `${name} is ${node.roles}, and gets an instruction to become ${run.role}`),
    ...when(!mayReset, `${name} is reset while its cluster has it`),
    ...when(isEarly, `${name} is upgraded before ${lateMasters(mirror)}`),
    ...when(busy.length > 0, `${name} is upgraded while ${busy} has a run`),
    ...when(isTooEarly, `${name} joins while the others move to another API endpoint`),
    ...when(isFurtherFounder, `${name} is to start the cluster that another node starts`),
  ]
}

const hasMaster = (mirror: Mirror) =>
  presentIn(mirror).some(
    ({ place, state, leaving }) =>
      typeof place === 'object' && place?.task === 'first-master' && state === 'READY' && leaving === 'no',
  )

/** Masters that the present round of the upgrade has not reached. */
function lateMasters(mirror: Mirror): string[] {
  const { upgrade } = mirror.cluster
  const masters = presentIn(mirror).filter(({ roles, leaving }) => roles.includes('master') && leaving === 'no')
  const itsOf = (id: string) => upgrade?.nodes.find((each) => each.id === id)
  const late = masters.filter(({ id }) => {
    const its = itsOf(id)
    return (
      its !== undefined && (upgrade?.settings ? its.phase !== 'done' : its.version !== upgrade?.rounds[upgrade.round])
    )
  })
  return late.map(({ name }) => name)
}

function otherBusyMasters(mirror: Mirror, { id }: Node): string[] {
  const others = presentIn(mirror).filter((each) => each.id !== id && each.roles.includes('master'))
  const busy = others.filter((each) => runsIn(mirror, each.id).some(({ state }) => state === 'open'))
  return busy.map(({ name }) => name)
}

const FIXED = ['nodeId', 'role', 'repair', 'generation', 'seq', 'payload', 'signature', 'createdAt'] as const

function ofRun(mirror: Mirror, id: string, to: Partial<Run>): string[] {
  const run = [...mirror.runs.values()].flat().find((each) => each.id === id)
  if (!run) return []
  const changed = FIXED.filter((field) => field in to)
  const isOver = run.state !== 'open'
  return [
    ...when(changed.length > 0, `${changed} of run ${id} are changed`),
    ...when(isOver && to.state !== undefined, `run ${id} is ${run.state}, and ends as ${to.state}`),
    ...when(run.cancel && to.cancel === false, `run ${id} is cancelled no more`),
  ]
}
