import { createPrivateKey, X509Certificate } from 'node:crypto'
import { dirname, join } from 'node:path'
import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import { homeDirectory } from '../../../base/user/home-directory.ts'
import { AdminAccess } from '../../../protocol/api/access.ts'
import { readCa } from '../login/ca-file.ts'
import { originOf } from '../login/origin.ts'
import { loginDirectory, savedLogin } from '../login/saved-logins.ts'
import { serviceUserOf } from '../service/data-owner.ts'
import type { ControllerAccess } from './controller-access.ts'
import { endedLogin } from './refused-token.ts'

const MAX_BYTES = 64 * 1024
export const DEFAULT_DATA = '/var/lib/cantrip-controller'

interface Places {
  environment: NodeJS.ProcessEnv
  home: string
  now(): Date
}

const HERE: Places = { environment: process.env, home: homeDirectory(), now: () => new Date() }

/**
 * In order of precedence: `--admin FILE`; CANTRIP_TOKEN, with CANTRIP_URL and CANTRIP_CA; CANTRIP_ADMIN; the login at
 * CANTRIP_URL, or the latest one; admin.json of the local data directory; ~/.config/cantrip/admin.json. What is there counts:
 * a login that has expired is an error, and no other identity is used in its place.
 */
export async function readAccess(option: string | undefined, places = HERE): Promise<ControllerAccess> {
  const { environment, home, now } = places
  if (option) return parse(option, await readNamed(option), now())
  if (environment.CANTRIP_TOKEN) return tokenOf(environment, environment.CANTRIP_TOKEN)
  const files = environment.CANTRIP_ADMIN
    ? [environment.CANTRIP_ADMIN]
    : [join(DEFAULT_DATA, 'admin.json'), join(home, '.config/cantrip/admin.json')]
  const login = environment.CANTRIP_ADMIN ? undefined : await loginOf(places)
  if (login) return login
  for (const path of files) {
    const text = await readIfThere(path)
    if (text !== undefined) return parse(path, text, now())
  }
  throw new AgentError('admin/missing', `found no login, and no administrator access file at ${files.join(' or ')}`, {
    fix: 'sign in: controller login URL; or pass --admin FILE or set CANTRIP_ADMIN: controller serve writes DATA_DIRECTORY/admin.json',
    kind: 'invalid',
  })
}

async function tokenOf(environment: NodeJS.ProcessEnv, token: string): Promise<ControllerAccess> {
  const { CANTRIP_URL, CANTRIP_CA } = environment
  if (!CANTRIP_URL) {
    throw new AgentError('login/no-url', 'found CANTRIP_TOKEN without CANTRIP_URL', {
      fix: 'set CANTRIP_URL to the URL of the controller, such as https://controller.example:8443',
      kind: 'invalid',
    })
  }
  const url = originOf(CANTRIP_URL)
  return { url, ca: CANTRIP_CA ? await readCa(CANTRIP_CA) : undefined, token, from: 'environment' }
}

async function loginOf({ environment, home, now }: Places): Promise<ControllerAccess | undefined> {
  const url = environment.CANTRIP_URL ? originOf(environment.CANTRIP_URL) : undefined
  const login = await savedLogin(url, loginDirectory(home))
  if (login && Date.parse(login.expiresAt) <= now().getTime()) {
    throw endedLogin(login.url, `it expired at ${login.expiresAt}`)
  }
  if (login) return { url: login.url, ca: login.ca, token: login.token, from: 'login' }
  if (url === undefined) return undefined
  throw new AgentError('login/none', `not signed in at ${url}, which CANTRIP_URL names`, {
    fix: command`controller login ${url}`,
    kind: 'refused',
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

function parse(path: string, text: string, now: Date): ControllerAccess {
  const access = readWhole(path, text)
  const { validToDate } = new X509Certificate(access.certificate)
  if (validToDate >= now) return access
  const found = `the certificate in ${path} expired at ${validToDate.toISOString()}; the clock of this machine is at ${now.toISOString()}`
  throw new AgentError('admin/expired', found, {
    fix: 'the controller keeps admin.json in its data directory valid while it runs: copy that file; or ask another administrator: controller admin create NAME; or set the clock: timedatectl set-ntp true',
    kind: 'refused',
  })
}

function readWhole(path: string, text: string): AdminAccess {
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
