import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { AgentError } from '../../errors/agent-error.ts'
import { ExitCode } from '../../errors/exit-codes.ts'
import { AdminAccess } from '../../protocol/admin.ts'

export const DEFAULT_DATA = '/var/lib/cantrip-controller'

/** Where the administrator's access is looked for: the first that is named, else the first that is there. */
export function accessCandidates(option: string | undefined, environment: NodeJS.ProcessEnv): string[] {
  if (option) return [option]
  if (environment.CANTRIP_ADMIN) return [environment.CANTRIP_ADMIN]
  return [join(DEFAULT_DATA, 'admin.json'), join(homedir(), '.config/cantrip/admin.json')]
}

export function readAccess(option: string | undefined, environment: NodeJS.ProcessEnv = process.env): AdminAccess {
  const candidates = accessCandidates(option, environment)
  for (const path of candidates) {
    const text = readIfThere(path)
    if (text !== undefined) return parse(path, text)
  }
  throw new AgentError('admin/missing', `found no administrator's access; looked at ${candidates.join(', ')}`, {
    fix: "give --admin FILE, or set CANTRIP_ADMIN; the controller's first start writes it: DATA_DIRECTORY/admin.json",
    exitCode: ExitCode.usage,
  })
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'ENOENT') return undefined
    throw new AgentError('admin/unreadable', `cannot read ${path}: ${code}`, {
      fix: 'run as the user that it belongs to, or copy it to ~/.config/cantrip/admin.json',
      exitCode: ExitCode.usage,
      cause,
    })
  }
}

function parse(path: string, text: string): AdminAccess {
  try {
    return AdminAccess.parse(JSON.parse(text))
  } catch (cause) {
    throw new AgentError('admin/invalid', `${path} is no administrator's access`, {
      fix: "give the admin.json that the controller's first start wrote",
      exitCode: ExitCode.usage,
      cause,
    })
  }
}
