import { AgentError } from '../base/agent-error.ts'

export interface PemBlock {
  label: string
  der: Buffer
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n([\s\S]*?)-----END ([A-Z0-9 ]+)-----/g
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

export function toPem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/** All blocks of a PEM text, in order. Text between blocks is skipped; a malformed block throws `pem/invalid`. */
export function readPem(text: string): PemBlock[] {
  const blocks: PemBlock[] = []
  for (const [, label = '', content = '', end] of text.matchAll(BLOCK)) {
    if (/^Proc-Type:/m.test(content)) {
      throw invalid(
        `a legacy encrypted ${label} (Proc-Type header)`,
        'create a new file: this form of encryption is weak',
      )
    }
    const base64 = content.replace(/\s+/g, '')
    if (label !== end || !BASE64.test(base64)) throw invalid(`a damaged ${label} block`, 'copy the whole file again')
    blocks.push({ label, der: Buffer.from(base64, 'base64') })
  }
  return blocks
}

/** The content of the only block of a PEM text, which must have this label. */
export function readOnePem(text: string, label: string): Buffer {
  const [block, ...others] = readPem(text)
  if (block?.label !== label || others.length > 0) {
    const found = block ? `${1 + others.length} block(s), the first ${block.label}` : 'no PEM block'
    throw invalid(found, `pass a file with one block of ${label}`)
  }
  return block.der
}

function invalid(found: string, fix: string): AgentError {
  return new AgentError('pem/invalid', `found ${found} instead of valid PEM`, { fix, kind: 'invalid' })
}
