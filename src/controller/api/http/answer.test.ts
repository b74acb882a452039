import type { FastifyReply, FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import * as z from 'zod/mini'
import type { Route } from '../../../protocol/api/route.ts'
import { type Answering, createAnswer } from './answer.ts'

const route = {
  ...{ method: 'POST', path: '/v1/x', access: ['operator'], summary: '', errors: [] },
  ...{ body: z.looseObject({}), answer: z.strictObject({}), repeatable: true },
} satisfies Route

async function writtenFor(headers: Record<string, string>): Promise<{ times: number; sent: string }> {
  const written = { times: 0, sent: '' }
  const body = {
    toJSON() {
      written.times++
      return {}
    },
  }
  const answer = createAnswer({
    core: {},
    repeats: async (_: unknown, work: (store: unknown) => unknown) => work({}),
    handlerOf: () => async () => ({}),
    isAlike: () => false,
  } as unknown as Answering)
  const request = { identity: null, params: {}, query: {}, body, method: 'POST', url: '/v1/x', headers }
  const reply = {
    raw: { once: () => undefined },
    ...{ code: () => reply, header: () => reply },
    send: (text: Buffer) => {
      written.sent = text.toString()
      return reply
    },
  }
  await answer(
    'x',
    route,
    async () => undefined,
    { ...request, raw: { socket: {} } } as unknown as FastifyRequest,
    reply as unknown as FastifyReply,
  )
  return written
}

test('a body is written as text again only to compare it with that of a repeat', async () => {
  expect(await writtenFor({})).toEqual({ times: 0, sent: '{}' })
  expect(await writtenFor({ 'idempotency-key': 'a'.repeat(32) })).toEqual({ times: 1, sent: '{}' })
})
