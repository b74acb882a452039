import * as z from 'zod/mini'
import { AgentError } from '../../base/agent-error.ts'
import { readIfThere } from '../../base/durable-file.ts'
import { Secret } from '../../base/text/secret.ts'
import { type SudoEnvironment, trustOf } from '../../host/files/trust.ts'
import type { Host, HostView } from '../../host/host.ts'
import { RegistryLogin } from '../../protocol/api/identities/node-options.ts'
import { RegistryHost } from '../../protocol/settings/registries.ts'
import { readCredentialFile } from '../identity/credential-file.ts'
import type { AgentPaths } from '../paths.ts'
import type { InstallParams } from './params.ts'

export type RegistryLogins = Readonly<Record<string, Secret>>

const MOST = 100
const WRITE_IT = 'write USER:PASSWORD into it, with mode 0600'

/**
 * What `HOST=FILE` and `http://HOST=FILE` arguments say. Each file has one line USER:PASSWORD. Throws AgentError
 * `usage/registry-login`, and `credentials/…` for a file that others can read.
 */
export async function registryLoginsOf(
  given: readonly string[],
  view: HostView,
  environment: SudoEnvironment = process.env,
): Promise<RegistryLogins> {
  if (given.length === 0) return {}
  if (given.length > MOST) throw usage(`found ${given.length} times --registry-login; wanted at most ${MOST}`)
  const trust = await trustOf(view, environment)
  const logins = given.map(async (argument) => {
    const [name = '', ...path] = argument.split('=')
    const file = path.join('=')
    const isPlain = name.startsWith('http://')
    if (!RegistryHost.safeParse(isPlain ? name.slice(7) : name).success || file === '')
      throw usage(`found --registry-login ${argument}`)
    const [line = ''] = (await readCredentialFile(file, 'registry login file', view, trust, WRITE_IT)).split('\n')
    if (!RegistryLogin.safeParse(line.trim()).success) throw usage(`the first line of ${file} is not USER:PASSWORD`)
    // As in URLs, where the usual port is left out.
    const { host } = new URL(isPlain ? name : `https://${name}`)
    return [isPlain ? `http://${host}` : host, new Secret(line.trim())] as const
  })
  return Object.fromEntries(await Promise.all(logins))
}

function usage(message: string): AgentError {
  return new AgentError('usage/registry-login', message, {
    fix: 'write USER:PASSWORD into a file with mode 0600, and pass --registry-login HOST=FILE with the host of the registry or mirror, or http://HOST=FILE for a proxy or what has no TLS',
    kind: 'invalid',
  })
}

/** Only root can read the file, and no support bundle has it. */
export async function writeLogins(host: Host, { paths, registryLogins = {} }: InstallParams): Promise<void> {
  const text = textOf(registryLogins)
  if (text !== undefined) await host.write(paths.registryLoginsFile, text, 0o600)
  else if ((await host.stat(paths.registryLoginsFile)) !== undefined)
    await host.discard(paths.registryLoginsFile, 'there is no user of a registry any more')
}

export async function sameLogins(view: HostView, { paths, registryLogins = {} }: InstallParams): Promise<boolean> {
  return (await view.read(paths.registryLoginsFile)) === textOf(registryLogins)
}

function textOf(logins: RegistryLogins): string | undefined {
  const entries = Object.entries(logins).map(([host, login]) => [host, login.reveal()])
  return entries.length === 0 ? undefined : `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`
}

const Kept = z.record(z.string(), z.string())

/** Throws AgentError `config/damaged`, without what the file says. */
export function readLogins({ registryLoginsFile: file }: Pick<AgentPaths, 'registryLoginsFile'>): RegistryLogins {
  const text = readIfThere(file)
  if (text === undefined) return {}
  const { data } = Kept.safeParse(parsed(text))
  if (data) return Object.fromEntries(Object.entries(data).map(([host, login]) => [host, new Secret(login)]))
  throw new AgentError('config/damaged', `${file} has no logins of registries`, {
    fix: 'install the agent again with all its options',
    kind: 'invalid',
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The error of JSON quotes the text.
    return undefined
  }
}
