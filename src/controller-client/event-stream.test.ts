import { expect, it } from 'vitest'
import { eventRoutes } from '../protocol/api/events.ts'
import type { Outgoing, Receive } from './ask.ts'
import { eventStream } from './event-stream.ts'

const entry = (seq: number) => ({
  ...{ seq, at: '', cluster: 'demo', node: null, run: null },
  event: { kind: 'cluster-state', at: '', state: 'READY' },
})
const message = (seq: number) => `id: ${seq}\ndata: ${JSON.stringify(entry(seq))}\n\n`

async function read(status: number, ...chunks: string[]) {
  const sent: Outgoing[] = []
  let opened = 0
  const receive: Receive = async (outgoing) => {
    sent.push(outgoing)
    return {
      status,
      chunks: (async function* () {
        for (const each of chunks) yield Buffer.from(each)
      })(),
    }
  }
  const found: number[] = []
  const options = {
    onOpen: () => {
      opened++
    },
  }
  const query = { after: 4, cluster: 'demo' }
  const stream = eventStream(receive, 'https://c', eventRoutes.listEvents, query, options)
  for await (const { id, value } of stream) {
    expect(value.seq).toBe(id)
    found.push(id)
  }
  return { found, sent, opened }
}

it('reads messages that are cut anywhere, and passes over comments', async () => {
  const text = `retry: 2000\n\n${message(5)}: still here\n\n${message(6)}`
  for (const at of [1, 20, 60, text.length - 1]) {
    const { found, sent, opened } = await read(200, text.slice(0, at), text.slice(at))
    expect([found, opened]).toEqual([[5, 6], 1])
    expect(sent[0]).toMatchObject({
      url: 'https://c/v1/events?cluster=demo',
      headers: { accept: expect.stringContaining('text/event-stream'), 'last-event-id': '4' },
    })
  }
})

it('an error of the controller is thrown, and the stream was never open', async () => {
  const problem = {
    type: 'about:blank',
    title: 't',
    status: 404,
    detail: 'no cluster',
    code: 'cluster/unknown',
    fix: 'f',
  }
  await expect(read(404, JSON.stringify(problem))).rejects.toMatchObject({ code: 'cluster/unknown' })
})

it.each([
  ['no event', 'id: 5\ndata: {"seq":"x"}\n\n'],
  ['no number', `data: ${JSON.stringify(entry(5))}\n\n`],
  ['no JSON', 'data: <html>\n\n'],
  ['a message without an end', 'x'.repeat(5 * 2 ** 20)],
])('an answer that is no stream of events is refused: %s', async (_, text) => {
  await expect(read(200, text)).rejects.toMatchObject({ code: 'controller/bad-answer' })
})
