import { expect, test } from 'vitest'
import { seededRandom } from '../support/random.ts'
import { CrashingWorld, execute, undoAllRuns } from './crashing-world.ts'
import { prepareMachine, smallWorkflow } from './small-workflow.ts'

const never = Number.POSITIVE_INFINITY

function world() {
  const own = new CrashingWorld()
  prepareMachine(own.machine)
  return { own, before: own.snapshot() }
}

async function undoAll(own: CrashingWorld): Promise<void> {
  const finished = await own.survive(never, 0, async (ledger, machine) => {
    const report = await undoAllRuns(ledger, machine)
    expect(report).toMatchObject({ leftovers: [], kept: [] })
  })
  expect(finished).toBe(true)
}

const provision = (own: CrashingWorld, crashAt: number, luck = 0) =>
  own.survive(crashAt, luck, (ledger, machine) => execute(smallWorkflow, undefined, ledger, machine))

async function reference() {
  const { own } = world()
  expect(await provision(own, never)).toBe(true)
  return { after: own.snapshot(), moments: own.moments }
}

test('without a crash: the run completes, a second run changes nothing, and undo restores everything', async () => {
  const { own, before } = world()
  expect(await provision(own, never)).toBe(true)
  const after = own.snapshot()
  expect(after).not.toEqual(before)
  const records = own.ledgerBytes.toString().match(/"kind":"change"/g)?.length
  expect(await provision(own, never)).toBe(true)
  expect(own.snapshot()).toEqual(after)
  expect(own.ledgerBytes.toString().match(/"kind":"change"/g)).toHaveLength(records ?? 0)
  await undoAll(own)
  expect(own.snapshot()).toEqual(before)
})

test.each([0, 0.5, 1])(
  'a crash at every moment, then a complete run, then undo (share of unsynced bytes kept: %d)',
  async (luck) => {
    const { after, moments } = await reference()
    expect(moments).toBeGreaterThan(100)
    for (let crashAt = 0; crashAt < moments; crashAt++) {
      const { own, before } = world()
      expect(await provision(own, crashAt, luck)).toBe(false)
      expect(await provision(own, never)).toBe(true)
      expect(own.snapshot(), `resumed after a crash at moment ${crashAt}`).toEqual(after)
      await undoAll(own)
      expect(own.snapshot(), `undone after a crash at moment ${crashAt}`).toEqual(before)
    }
  },
)

test('a crash at every moment, then undo', async () => {
  const { moments } = await reference()
  for (let crashAt = 0; crashAt < moments; crashAt++) {
    const { own, before } = world()
    await provision(own, crashAt)
    await undoAll(own)
    expect(own.snapshot(), `undone after a crash at moment ${crashAt}`).toEqual(before)
  }
})

test('a crash at every moment of the undo, then undo again', async () => {
  for (let crashAt = 0, finished = false; !finished; crashAt++) {
    const { own, before } = world()
    await provision(own, never)
    finished = await own.survive(crashAt, 0, async (ledger, machine) => void (await undoAllRuns(ledger, machine)))
    await undoAll(own)
    expect(own.snapshot(), `undone again after a crash at moment ${crashAt}`).toEqual(before)
    expect(crashAt).toBeLessThan(1_000)
  }
})

test('1,000 seeded histories of crashes during runs and undo', { timeout: 180_000 }, async () => {
  const { after, moments } = await reference()
  for (let seed = 1; seed <= 1_000; seed++) {
    const random = seededRandom(seed)
    const { own, before } = world()
    for (let crashes = Math.floor(random() * 5); crashes > 0; crashes--) {
      const crashAt = Math.floor(random() * moments)
      if (random() < 0.8) await provision(own, crashAt, random())
      else await own.survive(crashAt, random(), async (ledger, machine) => void (await undoAllRuns(ledger, machine)))
    }
    if (random() < 0.5) {
      expect(await provision(own, never)).toBe(true)
      expect(own.snapshot(), `seed ${seed}`).toEqual(after)
    }
    await undoAll(own)
    expect(own.snapshot(), `seed ${seed}`).toEqual(before)
  }
})

test('a failed effect fails the run; a rerun completes it, or undo reverts it', async () => {
  const { after } = await reference()
  for (let failAt = 1, came = true; came; failAt++) {
    const { own, before } = world()
    let outcome = ''
    came = await own.failOnce(failAt, async (ledger, machine) => {
      outcome = await execute(smallWorkflow, undefined, ledger, machine)
    })
    expect(outcome).toBe(came ? 'failed' : 'done')
    if (failAt % 2 === 0) {
      expect(await provision(own, never)).toBe(true)
      expect(own.snapshot(), `after effect ${failAt} failed`).toEqual(after)
    }
    await undoAll(own)
    expect(own.snapshot(), `undone after effect ${failAt} failed`).toEqual(before)
    expect(failAt).toBeLessThan(1_000)
  }
})

test('a failed undo is reported as a leftover, and a rerun completes it', async () => {
  for (let failAt = 1, came = true; came; failAt++) {
    const { own, before } = world()
    await provision(own, never)
    let leftovers = 0
    came = await own.failOnce(failAt, async (ledger, machine) => {
      leftovers = (await undoAllRuns(ledger, machine)).leftovers.length
    })
    expect(leftovers > 0).toBe(came)
    await undoAll(own)
    expect(own.snapshot(), `undone again after effect ${failAt} failed`).toEqual(before)
    expect(failAt).toBeLessThan(1_000)
  }
})
