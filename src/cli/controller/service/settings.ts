import { isAbsolute, join, relative } from 'node:path/posix'
import { AgentError } from '../../../base/agent-error.ts'
import { DEFAULT_DATA } from '../session/access.ts'

/** The texts of options, by their long flags: `{"--listen": ["0.0.0.0:8443"]}`. A repeatable option has several. */
export type Options = Readonly<Record<string, readonly string[]>>

export interface ServiceSettings {
  format: 1
  /** Of `controller serve`, as they were given to `controller install`; paths are absolute. */
  options: Options
}

/** Files that only root may read: systemd gives copies of them to the service, by these names. */
export const CREDENTIALS: Readonly<Record<string, string>> = {
  '--key-file': 'controller-key',
  '--database-password-file': 'database-password',
  '--tls-cert': 'tls-cert',
  '--tls-key': 'tls-key',
}

/** The service finds these by their names. */
const WITHOUT_FLAG = ['--key-file', '--database-password-file']

/** Earlier settings, with those that are given now. */
export function mergeSettings(earlier: ServiceSettings | undefined, given: Options, cwd: string): ServiceSettings {
  const absolute = Object.entries(given).map(([flag, texts]) => {
    const isPath = flag in CREDENTIALS || flag === '--data'
    return [flag, isPath ? texts.map((text) => (isAbsolute(text) ? text : join(cwd, text))) : texts] as const
  })
  const settings = { format: 1 as const, options: { ...earlier?.options, ...Object.fromEntries(absolute) } }
  stateDirectoryOf(settings)
  return settings
}

/** Undefined if there is no such file. Throws AgentError `install/settings` if it is damaged. */
export function parseSettings(text: string | undefined, path: string): ServiceSettings | undefined {
  if (text === undefined) return undefined
  try {
    const { format, options } = JSON.parse(text) as ServiceSettings
    const isValid = format === 1 && Object.values(options).every((texts) => Array.isArray(texts))
    if (isValid) return { format, options }
  } catch {
    // Reported below.
  }
  throw new AgentError('install/settings', `${path} does not contain the settings of the service`, {
    fix: `move ${path} away, and run "controller install" again with all its options`,
    kind: 'invalid',
  })
}

/** Below /var/lib, where systemd gives the directory to the user of the service. Throws AgentError `install/data-directory`. */
export function stateDirectoryOf({ options }: Pick<ServiceSettings, 'options'>): string {
  const data = options['--data']?.[0] ?? DEFAULT_DATA
  const name = relative('/var/lib', data)
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) && name !== 'private') return name
  throw new AgentError(
    'install/data-directory',
    `found --data ${data}; wanted a directory in /var/lib, such as ${DEFAULT_DATA}`,
    {
      fix: 'to keep the data on another disk, mount it at /var/lib/private/cantrip-controller, and omit --data',
      kind: 'invalid',
    },
  )
}

/** The arguments of `controller serve`. Files with credentials are those of the service. */
export function serveArguments({ options }: ServiceSettings): string[] {
  const others = Object.entries(options).filter(([flag]) => flag !== '--data' && !WITHOUT_FLAG.includes(flag))
  return others.flatMap(([flag, texts]) =>
    texts.flatMap((text) => {
      const credential = CREDENTIALS[flag]
      if (credential !== undefined) return [flag, `\${CREDENTIALS_DIRECTORY}/${credential}`]
      return text === '' ? [flag] : [flag, escaped(text)]
    }),
  )
}

/** systemd.unit(5), systemd.service(5): specifiers, variables and quotes. */
function escaped(text: string): string {
  const plain = text.replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[A-Za-z0-9_@%+=:,./?&$-]+$/.test(plain) ? plain : `"${plain.replaceAll(/["\\]/g, '\\$&')}"`
}

/** The name and the path of each credential. */
export function credentialsIn({ options }: ServiceSettings): [name: string, path: string][] {
  return Object.entries(options).flatMap(([flag, [path]]): [string, string][] => {
    const name = CREDENTIALS[flag]
    return name === undefined || path === undefined ? [] : [[name, path]]
  })
}
