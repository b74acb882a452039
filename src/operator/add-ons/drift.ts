import { type KubernetesObject, objectId, objectText, refOf } from '../../add-ons/objects.ts'
import { applyObject, reasonOf } from './apply-object.ts'
import { keptOf, type Outcome, outcome } from './change.ts'
import { differences, fieldText, writersOf } from './fields.ts'
import { whyUnhealthy } from './health.ts'
import { type Entry, type Inventory, isSame, writeInventory } from './inventory.ts'
import type { LiveObject } from './kubernetes/kubernetes.ts'
import { ownerOf, rivalOf } from './owner.ts'
import type { Context, Drifted, WantedAddOn } from './wanted.ts'
import { withoutYielded } from './yielded.ts'

/** An object that was corrected so often in so much time is left to whoever writes to it. */
const MOST_CORRECTIONS = 3
const CORRECTIONS_MS = 600_000
const MOST_FIELDS = 10

interface Looked {
  object: KubernetesObject
  entry: Entry
  live: LiveObject | undefined
  drifted?: Drifted
  waitingFor?: string
  error?: string
}

/** Compares the fields of the add-on with the cluster, and corrects what others changed. */
export async function checkDrift(ports: Context, wanted: WantedAddOn, found: Inventory): Promise<Outcome> {
  const entries = new Map(found.entries.map((entry) => [objectId(entry), entry]))
  const looked: Looked[] = []
  for (const object of wanted.objects) {
    const entry = entries.get(objectId(refOf(object)))
    if (entry) looked.push(await look(ports, wanted.id, object, entry))
  }
  const now = ports.now()
  const corrected = looked.filter((each) => isCorrected(each, wanted, now))
  for (const { entry } of looked) entries.set(objectId(entry), entry)
  let inventory: Inventory = {
    ...found,
    entries: [...entries.values()].map((entry) => {
      const each = looked.find((one) => one.entry === entry)
      return each ? planned(each, corrected.includes(each), wanted, now) : entry
    }),
  }
  if (!isSame(inventory, found)) inventory = await writeInventory(ports.kubernetes, wanted.id, inventory)
  const errors = looked.flatMap(({ error }) => error ?? [])
  const uids = new Map<string, string>()
  for (const { object, entry } of corrected) {
    const result = await applyObject(ports, object, wanted, entry)
    if ('failed' in result) errors.push(result.failed)
    if ('applied' in result) uids.set(objectId(entry), result.applied.metadata.uid)
  }
  const learned = { ...inventory, entries: inventory.entries.map((entry) => withUid(entry, uids.get(objectId(entry)))) }
  if (!isSame(learned, inventory)) await writeInventory(ports.kubernetes, wanted.id, learned)

  const drifted = looked.flatMap(({ entry, drifted: one }) => {
    const stored = learned.entries.find((each) => objectId(each) === objectId(entry))
    return one ? [{ ...one, contested: stored?.contested === true }] : []
  })
  const waitingFor = looked.flatMap((each) => each.waitingFor ?? [])
  const state = errors.length > 0 ? 'failed' : waitingFor.length > 0 ? 'unhealthy' : 'healthy'
  return outcome(state, { waitingFor, drifted, errors, kept: keptOf(found.entries) })
}

async function look(
  { kubernetes, resources, wants }: Context,
  addOn: string,
  object: KubernetesObject,
  found: Entry,
): Promise<Looked> {
  const text = objectText(refOf(object))
  const path = await resources.pathOf(object)
  const live = path === undefined ? undefined : await kubernetes.get(path)
  const missing = { object: text, fields: [], writers: [], contested: false }
  if (path === undefined || !live)
    return { object, entry: found, live, drifted: missing, waitingFor: `${text} is missing` }
  // Somebody deleted it, and created their own.
  const isReplaced = found.uid !== live.metadata.uid && ownerOf(live) !== addOn
  const entry: Entry = isReplaced ? { ...found, adopted: true } : found
  const why = whyUnhealthy(live)
  const common = { object, entry, live, ...(why !== undefined && { waitingFor: `${text}: ${why}` }) }
  if (live.metadata.deletionTimestamp !== undefined) return common
  const rival = rivalOf(live, addOn, wants)
  if (rival !== undefined) return { ...common, error: `${text} belongs to the add-on ${rival}, which has it too` }
  try {
    const own = await withoutYielded(kubernetes, object, live)
    const dry = await kubernetes.apply(path, own, { force: !entry.adopted, dryRun: true })
    const fields = differences(live, dry)
    if (fields.length === 0) return common
    const writers = [...new Set(fields.flatMap((field) => writersOf(live, field)))]
    const names = fields.slice(0, MOST_FIELDS).map(fieldText)
    return { ...common, drifted: { object: text, fields: names, writers, contested: false } }
  } catch (error) {
    const reason = reasonOf(error)
    if (reason === undefined) throw error
    return { ...common, error: `${text}: ${reason}` }
  }
}

const recent = ({ corrected = [] }: Entry, now: Date) =>
  corrected.filter((at) => now.getTime() - Date.parse(at) < CORRECTIONS_MS)

function isCorrected({ drifted, entry }: Looked, { drift }: WantedAddOn, now: Date): boolean {
  return (
    drifted !== undefined && drift === 'correct' && !entry.contested && recent(entry, now).length < MOST_CORRECTIONS
  )
}

/** The entry as it is stored before the correction, so that a kill in between is counted too. */
function planned({ entry, drifted, live }: Looked, isToCorrect: boolean, { drift }: WantedAddOn, now: Date): Entry {
  const { corrected: _, uid, ...rest } = entry
  const known = live?.metadata.uid ?? (isToCorrect ? undefined : uid)
  const times = recent(entry, now)
  if (isToCorrect) times.push(now.toISOString())
  const isContested = drifted !== undefined && drift === 'correct' && !isToCorrect
  return {
    ...rest,
    ...(known !== undefined && { uid: known }),
    ...(times.length > 0 && { corrected: times }),
    ...(isContested && { contested: true as const }),
  }
}

const withUid = (entry: Entry, uid: string | undefined): Entry => (uid === undefined ? entry : { ...entry, uid })
