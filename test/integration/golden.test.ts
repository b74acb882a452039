/** This build reads the messages and databases of released builds (test/golden, CONTRIBUTING.md). */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { openAuthority } from '../../src/controller/access/authority.ts'
import { startController } from '../../src/controller/start.ts'
import { DownFrame, UpFrame } from '../../src/protocol/wire/frames.ts'
import { Instruction } from '../../src/protocol/wire/instruction.ts'
import { Operation, serializeOperation } from '../../src/protocol/wire/operation.ts'
import { PairCheckOrder } from '../../src/protocol/wire/pair-check.ts'
import { adminOf, call } from '../support/controller/client.ts'

const GOLDEN = join(import.meta.dirname, '../golden')
const releases = readdirSync(GOLDEN, { withFileTypes: true }).flatMap((each) => (each.isDirectory() ? [each.name] : []))
/** An instruction is valid for an hour, and the recorded ones are older. The clock is set to a time within that hour. */
function renewRuns(file: string): void {
  const database = new DatabaseSync(file)
  database.exec("UPDATE runs SET expires_at = '2999-01-01T00:00:00.000Z' WHERE state = 'open'")
  database.close()
}

const lines = (release: string, file: string): unknown[] =>
  readFileSync(join(GOLDEN, release, file), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

test('golden files exist', () => expect(releases).toContain('f2add13'))

describe.each(releases)('of build %s', (release) => {
  test.each(lines(release, 'up.jsonl'))('a message of its agents is read: %j', (frame) => {
    expect(UpFrame.parse(frame)).toEqual(frame)
  })

  test.each(lines(release, 'down.jsonl'))('a message of its controller is read: %j', (frame) => {
    expect(DownFrame.parse(frame)).toEqual(frame)
  })

  test.each(lines(release, 'signed.jsonl') as Record<string, string>[])('a signed body is read: %j', (body) => {
    if ('errand' in body) expect(JSON.parse(serializeOperation(Operation.parse(body)))).toEqual(body)
    else expect(('role' in body ? Instruction : PairCheckOrder).parse(body)).toEqual(body)
  })

  test('its database is opened with all of its data', async () => {
    const dataDirectory = mkdtempSync(join(tmpdir(), 'golden-'))
    // The keys of a controller, which are no part of the golden files.
    openAuthority(join(dataDirectory, 'pki'), new Date(), false)
    copyFileSync(join(GOLDEN, release, 'controller.db'), join(dataDirectory, 'controller.db'))
    renewRuns(join(dataDirectory, 'controller.db'))
    const controller = await startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 }, tickMs: 600_000 })
    const get = async (path: string) => {
      const { status, json, text } = await call(controller.url, adminOf(controller), 'GET', path)
      expect(status, text).toBe(200)
      return json
    }
    try {
      expect(await get('/v1/clusters/demo')).toMatchObject({ name: 'demo', state: 'RESETTING' })
      const { items: nodes } = await get('/v1/nodes')
      expect(nodes.map(({ name }: { name: string }) => name).sort()).toEqual(['m1', 'm2', 'm3'])
      for (const { id } of nodes) expect((await get(`/v1/nodes/${id}`)).facts).toMatchObject({ hostname: 'one' })
      const { events } = await get('/v1/events?cluster=demo')
      expect(events.length).toBeGreaterThan(20)
    } finally {
      await controller.close()
      rmSync(dataDirectory, { recursive: true })
    }
  })
})
