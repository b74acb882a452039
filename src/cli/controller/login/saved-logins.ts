import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import { removeDurably, writeDurably } from '../../../base/durable-file.ts'
import { homeDirectory } from '../../../base/user/home-directory.ts'

/** What `controller login` keeps for one controller. */
export const SavedLogin = z.strictObject({
  url: z.url(),
  /** PEM; absent: the CAs of this machine. */
  ca: z.optional(z.string()),
  /** Of the session. */
  token: z.string(),
  name: z.string(),
  /** ISO 8601. */
  signedInAt: z.string(),
  expiresAt: z.string(),
})
export type SavedLogin = z.infer<typeof SavedLogin>

const MAX_BYTES = 64 * 1024

export const loginDirectory = (home = homeDirectory()) => join(home, '.config/cantrip/logins')

/** One file for each controller, so that two commands at once do not lose a login. */
function pathOf(url: string, directory: string): string {
  return join(directory, `${new URL(url).host.replaceAll(/[^\w.-]/g, '_')}.json`)
}

export function saveLogin(login: SavedLogin, directory = loginDirectory()): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const path = pathOf(login.url, directory)
  writeDurably(path, `${JSON.stringify(login, null, 2)}\n`, `${path}.${process.pid}`)
}

export function removeLogin(url: string, directory = loginDirectory()): void {
  removeDurably(pathOf(url, directory))
}

/** The login at this controller; without a URL, the latest one. */
export async function savedLogin(
  url: string | undefined,
  directory = loginDirectory(),
): Promise<SavedLogin | undefined> {
  if (url !== undefined) return readLogin(pathOf(url, directory))
  const all = await Promise.all(filesIn(directory).map((name) => readLogin(join(directory, name))))
  const latest = (one: SavedLogin | undefined, each: SavedLogin | undefined) =>
    one === undefined || (each !== undefined && each.signedInAt > one.signedInAt) ? each : one
  return all.reduce(latest, undefined)
}

function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => name.endsWith('.json'))
  } catch {
    return []
  }
}

async function readLogin(path: string): Promise<SavedLogin | undefined> {
  const { readGiven } = await import('../../../host/linux/files/read-given.ts')
  let text: string
  try {
    const file = { path, what: 'file of a login', code: 'login', maxBytes: MAX_BYTES, isSecret: true }
    text = await readGiven({ ...file, ifMissing: 'controller login URL' })
  } catch (error) {
    if (error instanceof AgentError && error.code === 'login/missing') return undefined
    throw error
  }
  const parsed = SavedLogin.safeParse(jsonOf(text))
  if (parsed.success) return parsed.data
  throw new AgentError('login/damaged', `${path} is not a file of controller login`, {
    fix: `${command`rm ${path}`}, then sign in again: controller login URL`,
    kind: 'invalid',
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
