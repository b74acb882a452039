import type { GivenFile } from '../../../host/files/given-file.ts'

const MAX_BYTES = 4_096

type Named = Omit<GivenFile, 'path' | 'maxBytes' | 'trust'>

/** The text of a file that only its owner can read, or of standard input for `-`, without the line break at its end. */
export async function readSecretText(path: string, file: Named & { isSecret: true }): Promise<string> {
  const text = path === '-' ? await readInput() : await readFile(path, file)
  return text.replace(/\r?\n$/, '')
}

async function readFile(path: string, file: Named): Promise<string> {
  const { readGiven } = await import('../../../host/linux/files/read-given.ts')
  return readGiven({ path, maxBytes: MAX_BYTES, ...file })
}

async function readInput(): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of process.stdin) parts.push(part)
  return Buffer.concat(parts).toString('utf8').slice(0, MAX_BYTES)
}
