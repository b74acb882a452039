import type { WebSocket } from 'ws'
import { SUBPROTOCOL } from '../../../protocol/version.ts'
import { CAPABILITIES } from '../../../protocol/wire/capabilities.ts'
import type { UpBody } from '../../../protocol/wire/frames.ts'

/** Controllers of builds up to f2add13 refuse messages with unknown fields. */
const isEarlier = ({ protocol }: Pick<WebSocket, 'protocol'>) => protocol === SUBPROTOCOL

/** Writes the agent's messages to the connection, in the form that the version of the controller supports. */
export function frameWriter(
  socket: Pick<WebSocket, 'protocol' | 'send'>,
  lastSeq: () => number,
): (t: keyof UpBody, body: unknown, seq: number) => void {
  let count = 0
  return (t, body, seq) => {
    count += 1
    const understood = isEarlier(socket) && t === 'event' ? withoutMarks(body as UpBody['event']) : body
    socket.send(JSON.stringify({ v: 1, t, id: `a${count}`, seq, ack: lastSeq(), body: understood }))
  }
}

export function helloOf(socket: Pick<WebSocket, 'protocol'>, hello: UpBody['hello']): UpBody['hello'] {
  if (!isEarlier(socket)) return { ...hello, capabilities: [...CAPABILITIES] }
  const { range, lastSeq, bootId, agentVersion, nodeName, openRun, warnings } = hello
  return { range, lastSeq, bootId, agentVersion, nodeName, openRun, warnings }
}

function withoutMarks({ event, ...rest }: UpBody['event']): unknown {
  return { ...rest, event: { ...event, marks: undefined } }
}
