/**
 * Schemathesis calls every operation of the OpenAPI document with examples, with values at the limits of the schemas, and with
 * random ones, and compares each answer with the document: all of its checks are on. CANTRIP_FULL=1 runs it for ten minutes.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Controller, startController } from '../../src/controller/start.ts'
import { ROLES, type Role } from '../../src/protocol/api/people/permissions.ts'
import { adminOf, call, createCluster, enrolNode } from '../support/controller/client.ts'
import { schemathesis } from '../support/schemathesis/run.ts'

let root: string
let controller: Controller
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'schemathesis-'))
  controller = await startController({
    ...{ dataDirectory: join(root, 'data'), listen: { host: '127.0.0.1', port: 0 }, tickMs: 600_000, drainMs: 0 },
  })
  await enrolNode(controller, await createCluster(controller, 'demo'), 'one')
})
afterAll(async () => {
  await controller.close()
  rmSync(root, { recursive: true })
})

async function tokenOf(role: Role): Promise<string> {
  const grants = [{ role, project: null }]
  const answer = await call(controller.url, adminOf(controller), 'POST', '/v1/tokens', { name: `by-${role}`, grants })
  return answer.json.secret
}

const isFull = process.env.CANTRIP_FULL === '1'
/** What a role may not do is answered early. All roles take turns, so that each is tried every few days. */
const turn = new Date().getUTCDate() % 3
const tried = isFull ? ROLES : (['admin', ROLES.filter((role) => role !== 'admin')[turn] ?? 'viewer'] as const)

it.each(tried)('every answer is as the document says, for the role %s', { timeout: 900_000 }, async (role) => {
  const output = await schemathesis(root, controller.url, [
    ...['--header', `Authorization: Bearer ${await tokenOf(role)}`, '--request-timeout', '40'],
    ...['--phases', 'examples,coverage,fuzzing', '--continue-on-failure', '--seed', '1'],
    ...['--max-examples', isFull ? '200' : '3', '--max-time', isFull ? '600' : '30'],
  ])
  expect(output).toMatch(/\d{3,} generated/)
  expect(output, output).not.toMatch(/❌/)
  // A request that exceeds the limit of headers or of the body is answered before it was sent as a whole, and this client reports
  // that its connection ended.
  const [, errors = '0'] = /Network Error: (\d+)/.exec(output) ?? []
  expect(output.match(/EOF occurred in violation of protocol|Broken pipe|reset by peer/g) ?? []).toHaveLength(
    Number(errors),
  )
})
