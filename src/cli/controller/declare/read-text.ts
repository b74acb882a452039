import { AgentError } from '../../../base/agent-error.ts'

const MAX_BYTES = 2 ** 20
const KINDS = {
  declaration: { what: 'file', code: 'declaration', maxBytes: MAX_BYTES, isSecret: false },
  inventory: { what: 'inventory', code: 'inventory', maxBytes: MAX_BYTES, isSecret: false },
  network: { what: 'network configuration', code: 'network', maxBytes: MAX_BYTES, isSecret: false },
} as const

/**
 * The text of a file, or of standard input for `-`, without a byte order mark.
 * @param code First part of the codes of what is thrown.
 */
export async function readText(path: string, code: keyof typeof KINDS): Promise<string> {
  if (path !== '-') {
    const { readGiven } = await import('../../../host/linux/files/read-given.ts')
    return decoded(
      code,
      path,
      Buffer.from(await readGiven({ path, ...KINDS[code], ifMissing: 'pass the path of an existing file' })),
    )
  }
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of process.stdin) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > MAX_BYTES) {
      const found = 'standard input has more than 1 MiB'
      throw new AgentError(`${code}/too-large`, found, { fix: 'pass at most 1 MiB', kind: 'invalid' })
    }
  }
  return decoded(code, 'standard input', Buffer.concat(chunks))
}

function decoded(code: string, name: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new AgentError(`${code}/not-utf-8`, `${name} is not UTF-8`, {
      fix: 'save it as UTF-8',
      kind: 'invalid',
      cause,
    })
  }
}
