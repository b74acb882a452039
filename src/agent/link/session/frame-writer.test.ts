import { expect, test } from 'vitest'
import { SUBPROTOCOL, SUBPROTOCOL_V2 } from '../../../protocol/version.ts'
import { CAPABILITIES } from '../../../protocol/wire/capabilities.ts'
import type { UpBody } from '../../../protocol/wire/frames.ts'
import { frameWriter, helloOf } from './frame-writer.ts'

const at = '2026-01-01T00:00:00.000Z'
const event: UpBody['event'] = {
  run: 'r-abcdefghij',
  event: { kind: 'step-done', at, step: 'a/b', ms: 1, marks: 'admits-nodes' },
}
const hello: UpBody['hello'] = {
  range: { min: 1, max: 1 },
  ...{ lastSeq: 0, bootId: 'b', agentVersion: '0.1.0', nodeName: 'one', openRun: null, warnings: [] },
}

function written(protocol: string) {
  const frames: Record<string, unknown>[] = []
  let lastSeq = 6
  const socket = { protocol, send: (text: unknown) => void frames.push(JSON.parse(String(text))) }
  const write = frameWriter(socket, () => ++lastSeq)
  write('event', event, 4)
  write('ack', {}, 0)
  return frames
}

test('messages are numbered, and each acknowledges what is stored by then', () => {
  expect(written(SUBPROTOCOL_V2)).toEqual([
    { v: 1, t: 'event', id: 'a1', seq: 4, ack: 7, body: event },
    { v: 1, t: 'ack', id: 'a2', seq: 0, ack: 8, body: {} },
  ])
})

test('a controller of the first release gets no field that it does not know', () => {
  const { marks: _, ...unmarked } = event.event as Extract<UpBody['event']['event'], { kind: 'step-done' }>
  expect(written(SUBPROTOCOL)[0]).toMatchObject({ body: { run: event.run, event: unmarked } })
  expect(JSON.stringify(written(SUBPROTOCOL))).not.toContain('marks')
  const later = { ...hello, lastGeneration: 2, confirmed: 3, machineId: 'm', productUuid: 'u' }
  expect(helloOf({ protocol: SUBPROTOCOL }, later)).toEqual(hello)
  expect(helloOf({ protocol: SUBPROTOCOL_V2 }, later)).toEqual({ ...later, capabilities: CAPABILITIES })
})
