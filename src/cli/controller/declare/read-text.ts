import { AgentError } from '../../../base/agent-error.ts'

const MAX_BYTES = 2 ** 20

/** The text of a file, or of standard input for `-`, without a byte order mark. Throws `declaration/…`. */
export async function readText(path: string): Promise<string> {
  if (path !== '-') {
    const { readGiven } = await import('../../../host/linux/files/read-given.ts')
    const file = { path, what: 'file', code: 'declaration', maxBytes: MAX_BYTES, isSecret: false }
    return decoded(path, Buffer.from(await readGiven({ ...file, ifMissing: 'pass the path of an existing file' })))
  }
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of process.stdin) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > MAX_BYTES) {
      const found = 'standard input has more than 1 MiB'
      throw new AgentError('declaration/too-large', found, { fix: 'pass at most 1 MiB', kind: 'invalid' })
    }
  }
  return decoded('standard input', Buffer.concat(chunks))
}

function decoded(name: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new AgentError('declaration/not-utf-8', `${name} is not UTF-8`, {
      fix: 'save it as UTF-8',
      kind: 'invalid',
      cause,
    })
  }
}
