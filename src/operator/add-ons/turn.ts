import { objectId, refOf } from '../../add-ons/objects.ts'
import { errorMessage } from '../../base/text/error-message.ts'
import { change, type Outcome, outcome } from './change.ts'
import { checkDrift } from './drift.ts'
import { installedAddOns, readInventory } from './inventory.ts'
import type { AddOnStatus, Context, Ports, Wanted, WantedAddOn } from './wanted.ts'

/**
 * Brings the cluster closer to what is wanted, as far as that goes without waiting, and returns the state of each add-on. It can
 * end at any request: the next call goes on from what the cluster has.
 */
export async function turn(ports: Ports, wanted: Wanted): Promise<AddOnStatus[]> {
  const statuses: AddOnStatus[] = []
  const ids = new Map(
    wanted.addOns.map(({ id, objects }) => [id, new Set(objects.map((each) => objectId(refOf(each))))]),
  )
  const context = { ...ports, wants: (addOn: string, object: string) => ids.get(addOn)?.has(object) === true }
  const removed = (await installedAddOns(ports.kubernetes)).filter(
    (id) => !wanted.addOns.some((each) => each.id === id),
  )
  // In the reverse order of their names, for want of a better one: what they required is not known any more.
  for (const id of removed.reverse()) statuses.push(await attempt(context, wanted, nothingOf(id)))
  for (const addOn of wanted.addOns) {
    const missing = addOn.after.filter((id) => !statuses.some((each) => each.id === id && each.state === 'healthy'))
    if (missing.length > 0)
      statuses.push(statusOf(addOn, outcome('waiting', { waitingFor: missing.map((id) => `the add-on ${id}`) })))
    else statuses.push(await attempt(context, wanted, addOn))
  }
  return statuses
}

const nothingOf = (id: string): WantedAddOn => ({
  ...{ id, version: '', hash: '', retry: 0, drift: 'correct', after: [], objects: [] },
})

const statusOf = ({ id, version }: WantedAddOn, result: Outcome): AddOnStatus => ({ id, version, ...result })

async function attempt(ports: Context, { revision, deletable }: Wanted, wanted: WantedAddOn): Promise<AddOnStatus> {
  try {
    return statusOf(wanted, await goOn(ports, { revision, deletable }, wanted))
  } catch (error) {
    return statusOf(wanted, outcome('failed', { errors: [errorMessage(error)] }))
  }
}

async function goOn(
  ports: Context,
  { revision, deletable }: Omit<Wanted, 'addOns'>,
  wanted: WantedAddOn,
): Promise<Outcome> {
  const inventory = await readInventory(ports.kubernetes, wanted.id)
  if (inventory.revision > revision) {
    return outcome('waiting', {
      waitingFor: [`revision ${inventory.revision} of the desired state; found ${revision}`],
    })
  }
  const isDone = inventory.state === 'applied' && inventory.hash === wanted.hash && inventory.retry >= wanted.retry
  const isFreed = inventory.entries.some((entry) => entry.kept !== undefined && deletable.includes(objectId(entry)))
  if (!isDone || isFreed) return change(ports, { wanted, revision, deletable }, inventory)
  const result = await checkDrift(ports, wanted, inventory)
  return wanted.objects.length > 0 ? result : { ...result, state: 'removed' }
}
