import { enrol } from '../../../../src/controller/nodes/enrolment.ts'
import { buildCsr } from '../../../../src/pki/csr.ts'
import { createKeyPair } from '../../../../src/pki/key.ts'
import { loseLink, newMachine } from './machine.ts'
import { presentIn } from './mirror.ts'
import type { Process } from './process.ts'
import { anyProcess } from './verbs.ts'
import type { World } from './world.ts'

export interface Wish {
  csr: string
  name: string
  address: string
  asks: Process | undefined
}

const MOST_NODES = 7
/** Of the installer. */
const CERTIFICATE = { serialNumber: '01', validFromDate: new Date(0), validToDate: new Date(0) }
/** Creating keys is slow, so they are reused. Each node of a history has its own. */
const requests: string[] = []

/** A machine requests its enrolment until a controller has answered. */
export async function enrolMachine(world: World): Promise<void> {
  if (presentIn(world.mirror).length >= MOST_NODES) return
  world.enrolled += 1
  const serial = world.enrolled
  requests[serial] ??= buildCsr(createKeyPair().privateKey, 'node')
  const wish: Wish = { csr: requests[serial], ...placeOf(world, serial), asks: undefined }
  world.wishes.add(wish)
  await ask(world, wish)
}

/** Unanswered machines ask again: a controller that died may have enrolled them. */
export async function enrolAgain(world: World): Promise<void> {
  for (const wish of world.wishes) if (!wish.asks || !world.processes.includes(wish.asks)) await ask(world, wish)
}

async function ask(world: World, wish: Wish): Promise<void> {
  const { csr, name, address } = wish
  const process = anyProcess(world)
  wish.asks = process
  const refused = await world.ask(`enrol ${name}`, process, async () => {
    const asking = { csr, nodeName: name, address, warnings: [] }
    const { nodeId } = await enrol(
      process.services,
      { name: world.mirror.cluster.id, certificate: CERTIFICATE },
      asking,
    )
    world.machines.push(newMachine(nodeId, name, address))
  })
  wish.asks = undefined
  if (refused !== 'failure') world.wishes.delete(wish)
}

/** A new name and address, or those of a machine that is gone: its name, its address, or both. */
function placeOf(world: World, serial: number): { name: string; address: string } {
  const own = { name: `node-${serial}`, address: `10.0.0.${serial}` }
  const stateOf = (id: string) => world.mirror.nodes.get(id)?.state ?? 'REMOVED'
  const found = world.pick(world.machines.filter(({ id, isDead }) => isDead || stateOf(id) === 'REMOVED'))
  if (!found || world.random() < 0.4) return own
  loseLink(found, true)
  found.isDead = true
  const taken = world.machines.filter(({ id, isDead }) => !isDead && stateOf(id) !== 'REMOVED')
  const isFree = taken.every(({ name, address }) => name !== found.name && address !== found.address)
  if (!isFree) return own
  const which = world.random()
  return { name: which < 0.3 ? own.name : found.name, address: which > 0.7 ? own.address : found.address }
}
