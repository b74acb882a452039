import { escapeArgv } from '../base/escape-argv.ts'

/** The program that runs, as a person calls it, and where its executable lies. */
export interface OwnProgram {
  name: 'agent' | 'controller'
  path: string
}

const VERBS: Record<OwnProgram['name'], readonly string[]> = {
  agent: ['install', 'logs', 'precheck', 'reset', 'status', 'support-bundle', 'uninstall'],
  controller: ['bundle', 'cluster', 'node', 'serve'],
}

/**
 * Commands of our own by the path of the executable: it need not lie where a shell looks, let alone sudo, whose secure_path
 * is shorter. `agent` and `controller` as mere words stay.
 */
export function withOwnPath(text: string, program: OwnProgram | undefined): string {
  if (program === undefined) return text
  const { name, path } = program
  const call = new RegExp(String.raw`(?<![-\w./])${name} (?=--?\w|(?:${VERBS[name].join('|')})\b)`, 'g')
  return text.replace(call, () => `${escapeArgv([path])} `)
}
