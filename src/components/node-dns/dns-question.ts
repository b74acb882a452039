import type { HostView } from '../../host/host.ts'

/** Whether the server knows an address for the name (RFC 1035, section 4: header and one question of type A). */
export async function askAddress(host: HostView, server: string, name: string): Promise<boolean> {
  try {
    const { reply } = await host.network.exchange({ host: server, port: 53 }, question(name), 2_000)
    const answer = Buffer.from(reply)
    const isWithoutError = (answer.readUInt8(3) & 0x0f) === 0
    return isWithoutError && answer.readUInt16BE(6) > 0
  } catch {
    // No server listens yet, or the answer is invalid.
    return false
  }
}

function question(name: string): Buffer {
  const header = Buffer.from([0x63, 0x74, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0])
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]))
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, 1, 0, 1])])
}
