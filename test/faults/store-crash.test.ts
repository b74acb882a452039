/** Controllers that are killed while they write, and kills of their database server. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openChainCheck } from '../../src/protocol/audit/chain.ts'
import { flat } from '../support/controller/audit.ts'
import { type Database, postgresBackend, sqliteBackend } from '../support/controller/backends.ts'
import { cluster, node } from '../support/controller/member.ts'
import { seededRandom } from '../support/random.ts'
import { waitFor } from '../support/wait-for.ts'

const KILLS = 25
/** The number of these kills that hit the server, if there is one. */
const CUTS = 5
const seed = Number(process.env.CANTRIP_SEED ?? Date.now() % 100_000)

/** A controller process that starts to write on command. */
class Writer {
  readonly #process: ChildProcess
  #text = ''
  #errors = ''

  constructor(where: string) {
    this.#process = spawn(process.execPath, [join(import.meta.dirname, 'store-writer.ts'), where])
    this.#process.stdout?.on('data', (text) => {
      this.#text += text
    })
    this.#process.stderr?.on('data', (text) => {
      this.#errors += text
    })
  }

  begin(): void {
    this.#process.stdin?.write('begin\n')
  }

  /** The numbers of the acknowledged commits, in any order. */
  get acknowledged(): number[] {
    return this.#text
      .split('\n')
      .slice(0, -1)
      .flatMap((line) => (line === 'cut' ? [] : [Number(line)]))
  }

  async writes(beyond: number): Promise<void> {
    await waitFor(
      'a commit that is acknowledged',
      () => {
        if (this.#process.exitCode !== null) throw new Error(`the controller ended: ${this.#errors}`)
        return this.acknowledged.length > beyond
      },
      { everyMs: 5 },
    )
  }

  async kill(): Promise<void> {
    if (this.#process.exitCode !== null) throw new Error(`the controller ended by itself: ${this.#errors}`)
    if (this.#process.signalCode !== null) return
    const closed = once(this.#process, 'close')
    this.#process.kill('SIGKILL')
    await closed
  }
}

/** Checks that the next controller finds `count` complete commits. */
async function found(database: Database): Promise<number> {
  const store = await database.open()
  try {
    const loaded = await store.load(cluster().id)
    const count = loaded?.cluster.attempt ?? -1
    expect(loaded?.version).toBe(count)
    expect(loaded?.nodes).toMatchObject([{ attempt: count }])
    const events = await store.eventsAfter({ after: 0 }, 1_000_000)
    expect(events.map(({ seq, nodeSeq }) => [seq, nodeSeq])).toEqual(
      Array.from({ length: 2 * count }, (_, at) => [at + 1, at + 1]),
    )
    // No change without its entry, and no entry without its change.
    const check = openChainCheck()
    const entries = (await store.auditAfter({ after: 0 }, 1_000_000)).map(flat)
    for (const entry of entries) check.add(entry)
    expect(check.end()).toMatchObject({ fault: undefined, count })
    expect(entries.map((entry) => entry.count)).toEqual(Array.from({ length: count }, (_, at) => at + 1))
    return count
  } finally {
    await store.close()
  }
}

describe.each([sqliteBackend(), postgresBackend({ isDurable: true })])('$name', (backend) => {
  beforeAll(() => backend.start())
  afterAll(() => backend.stop())

  test(`${KILLS} kills under load: no acknowledged commit is lost, and no commit is partial (seed ${seed})`, {
    timeout: 240_000,
  }, async () => {
    const random = seededRandom(seed)
    const database = await backend.database()
    const first = await database.open()
    await first.commit([
      { change: 'add-cluster', cluster: cluster() },
      { change: 'add-node', node: node() },
    ])
    await first.close()
    const cut = backend.cutServer
    let [kills, most] = [0, 0]
    let next = new Writer(database.where)
    try {
      while (kills < KILLS) {
        const writer = next
        writer.begin()
        // The next process loads its modules meanwhile.
        next = new Writer(database.where)
        await writer.writes(0)
        await setTimeout(random() * 120)
        if (cut && kills % 3 === 1 && kills / 3 < CUTS) {
          await cut()
          kills++
          // It continues by itself.
          await writer.writes(writer.acknowledged.length)
        }
        await writer.kill()
        kills++
        const last = await found(database)
        most = Math.max(most, ...writer.acknowledged)
        expect(last).toBeGreaterThanOrEqual(most)
      }
      expect(most).toBeGreaterThan(KILLS)
    } finally {
      await next.kill()
      await database.remove()
    }
  })
})
