import { connect } from 'node:http2'

/** Fields of k8s.io/cri-api runtime/v1 `Image`: what the kubelet sees of an image. */
export interface SeenImage {
  pinned: boolean
}

/** `ImageStatus` of the CRI image service; undefined if it has no such image. */
export async function imageStatus(socket: string, name: string): Promise<SeenImage | undefined> {
  const answer = await call(socket, 'ImageStatus', field(1, field(1, Buffer.from(name))))
  const image = fieldsOf(answer).get(1)
  return image && { pinned: fieldsOf(image).get(8)?.[0] === 1 }
}

/** `PullImage`; throws what containerd says if it cannot. */
export async function pullImage(socket: string, name: string): Promise<void> {
  await call(socket, 'PullImage', field(1, field(1, Buffer.from(name))))
}

/** `RemoveImage`, which the kubelet calls when it needs space. */
export async function removeImage(socket: string, name: string): Promise<void> {
  await call(socket, 'RemoveImage', field(1, field(1, Buffer.from(name))))
}

async function call(socket: string, method: string, message: Buffer): Promise<Buffer> {
  const session = connect('http://localhost', { path: socket } as object)
  try {
    const stream = session.request({
      ':method': 'POST',
      ':path': `/runtime.v1.ImageService/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    const head = Buffer.alloc(5)
    head.writeUInt32BE(message.length, 1)
    stream.end(Buffer.concat([head, message]))
    let status = ''
    for (const event of ['response', 'trailers'] as const) {
      stream.on(event, (headers: Record<string, unknown>) => {
        if (headers['grpc-status'] !== undefined) status = `${headers['grpc-status']} ${headers['grpc-message'] ?? ''}`
      })
    }
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk as Buffer)
    if (!status.startsWith('0')) throw new Error(`${method}: ${status}`)
    return Buffer.concat(chunks).subarray(5)
  } finally {
    session.close()
  }
}

/** A field of type bytes. */
function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2]), varint(content.length), content])
}

function varint(value: number): Buffer {
  const bytes = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest & 127) | 128)
  }
}

/** The last value of each field; of a number its lowest byte. */
function fieldsOf(message: Buffer): Map<number, Buffer> {
  const fields = new Map<number, Buffer>()
  let at = 0
  const read = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++] ?? 0
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
  }
  while (at < message.length) {
    const tag = read()
    const value = read()
    const isBytes = (tag & 7) === 2
    fields.set(tag >> 3, isBytes ? message.subarray(at, at + value) : Buffer.from([value & 255]))
    if (isBytes) at += value
  }
  return fields
}
