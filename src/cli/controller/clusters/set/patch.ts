import { AgentError } from '../../../../base/agent-error.ts'
import { SETTINGS } from '../../../../protocol/settings/cluster-settings.ts'
import type { Setting } from '../../../../protocol/settings/setting.ts'

type Patch = Record<string, unknown>

/**
 * The JSON merge patch that arguments mean: `KEY=VALUE` sets, `KEY-` removes, and `KEY.NAME=VALUE` is for one entry of a mapping.
 * @param read the text of a file, for `KEY.NAME=@FILE`
 */
export async function patchOf(given: readonly string[], read: (path: string) => Promise<string>): Promise<Patch> {
  const patch: Patch = {}
  for (const argument of given) {
    const { name, entry, text } = parsed(argument)
    if (entry === undefined) {
      patch[name] = text === undefined ? null : settingValue(name, text)
      continue
    }
    const value = text?.startsWith('@') ? await read(text.slice(1)) : text
    patch[name] = { ...(patch[name] as Patch | undefined), [entry]: value ?? null }
  }
  return patch
}

function parsed(argument: string): { name: string; entry?: string; text?: string } {
  const equals = argument.indexOf('=')
  const isRemoval = equals < 0 && argument.endsWith('-')
  if (equals < 0 && !isRemoval) throw bad(`found ${argument}; wanted KEY=VALUE, or KEY- to remove it`)
  const key = isRemoval ? argument.slice(0, -1) : argument.slice(0, equals)
  const [name = '', ...rest] = key.split('.')
  const setting = settingOf(name)
  if (setting === undefined) {
    throw bad(`unknown setting ${name}; the settings are: ${Object.keys(SETTINGS).join(', ')}`)
  }
  const isMapping = setting.kind === 'pairs' || setting.kind === 'files'
  if (rest.length > 0 !== isMapping && !(isMapping && isRemoval)) {
    const wanted = isMapping ? `${name}.NAME=VALUE, or ${name}- to remove all` : `${name}=VALUE`
    throw bad(`found ${argument}; wanted ${wanted}`)
  }
  return {
    name,
    ...(rest.length > 0 && { entry: rest.join('.') }),
    ...(!isRemoval && { text: argument.slice(equals + 1) }),
  }
}

const settingOf = (name: string) => (SETTINGS as Readonly<Record<string, Setting>>)[name]

function settingValue(name: string, text: string): unknown {
  switch (settingOf(name)?.kind) {
    case 'switch':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'number':
      return text === '' ? text : Number(text)
    case 'list':
      return text === '' ? [] : text.split(',')
    default:
      return text
  }
}

function bad(message: string): AgentError {
  return new AgentError('cli/usage', message, { fix: 'see: controller cluster set --help', kind: 'invalid' })
}
