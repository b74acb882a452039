import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { AgentError } from '../../../base/agent-error.ts'
import { AdminAccess } from '../../../protocol/api/access.ts'

const MAX_BYTES = 64 * 1024
export const DEFAULT_DATA = '/var/lib/cantrip-controller'

/** The paths of the administrator access file, in order of precedence. A path that is given explicitly is the only one. */
function accessCandidates(option: string | undefined, environment: NodeJS.ProcessEnv): string[] {
  if (option) return [option]
  if (environment.CANTRIP_ADMIN) return [environment.CANTRIP_ADMIN]
  return [join(DEFAULT_DATA, 'admin.json'), join(homedir(), '.config/cantrip/admin.json')]
}

export async function readAccess(
  option: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<AdminAccess> {
  if (option) return parse(option, await readNamed(option))
  const candidates = accessCandidates(option, environment)
  for (const path of candidates) {
    const text = readIfThere(path)
    if (text !== undefined) return parse(path, text)
  }
  throw new AgentError('admin/missing', `found no administrator access file at ${candidates.join(' or ')}`, {
    fix: 'pass --admin FILE or set CANTRIP_ADMIN; controller serve writes the file at its first start: DATA_DIRECTORY/admin.json',
    kind: 'invalid',
  })
}

async function readNamed(path: string): Promise<string> {
  const { readGiven } = await import('../../../host/linux/files/read-given.ts')
  const file = { path, what: 'administrator access file', code: 'admin', maxBytes: MAX_BYTES, isSecret: false }
  return readGiven({ ...file, ifMissing: 'controller serve writes it at its first start: DATA_DIRECTORY/admin.json' })
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'ENOENT') return undefined
    throw new AgentError('admin/unreadable', `cannot read ${path}: ${code}`, {
      fix: 'run as the owner of the file, or copy it to ~/.config/cantrip/admin.json',
      kind: 'invalid',
      cause,
    })
  }
}

function parse(path: string, text: string): AdminAccess {
  try {
    return AdminAccess.parse(JSON.parse(text))
  } catch (cause) {
    throw new AgentError('admin/invalid', `${path} is not an administrator access file`, {
      fix: 'pass the admin.json that controller serve wrote at its first start',
      kind: 'invalid',
      cause,
    })
  }
}
