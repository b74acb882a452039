import { createPrivateKey, X509Certificate } from 'node:crypto'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { AgentError } from '../../../base/agent-error.ts'
import { AdminAccess } from '../../../protocol/api/access.ts'
import { serviceUserOf } from '../service/data-owner.ts'

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
    const text = await readIfThere(path)
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
  const ifMissing = 'controller serve writes it at its first start: DATA_DIRECTORY/admin.json'
  return readGiven({ ...file, ifMissing }, (await serviceUserOf(dirname(path)))?.uid)
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readNamed(path)
  } catch (cause) {
    if (!(cause instanceof AgentError)) throw cause
    if (cause.code === 'admin/missing') return undefined
    if (cause.code !== 'file/denied') throw cause
    throw new AgentError('admin/unreadable', `cannot read ${path}: access was denied`, {
      fix: 'run as the owner of the file, or copy it to ~/.config/cantrip/admin.json',
      kind: 'invalid',
      cause,
    })
  }
}

/** Throws if the certificates or the key cannot be read. */
function isWhole({ url, ca, certificate, key }: AdminAccess): boolean {
  const isCa = new X509Certificate(ca).ca
  const isOwn = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
  return isCa && isOwn && new URL(url).protocol === 'https:'
}

function parse(path: string, text: string): AdminAccess {
  try {
    const access = AdminAccess.parse(JSON.parse(text))
    if (!isWhole(access)) throw new Error('its URL is not https, or its key is for another certificate')
    return access
  } catch (cause) {
    throw new AgentError('admin/invalid', `${path} is not an administrator access file`, {
      fix: 'pass another copy with --admin FILE, or start the controller, which replaces the one in its data directory',
      kind: 'invalid',
      cause,
    })
  }
}
