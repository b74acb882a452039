import { escapeArgv } from '../base/text/escape-argv.ts'

/** The name of the running program, and the path of its executable. */
export interface OwnProgram {
  name: 'agent' | 'controller'
  path: string
}

const VERBS: Record<OwnProgram['name'], readonly string[]> = {
  agent: ['install', 'logs', 'precheck', 'reset', 'status', 'support-bundle', 'uninstall'],
  controller: ['bundle', 'cluster', 'node', 'serve'],
}

/**
 * Replaces `agent` or `controller` in commands by the path of the executable, which may not be in PATH or in the secure_path
 * of sudo. The words in prose remain.
 */
export function withOwnPath(text: string, program: OwnProgram | undefined): string {
  if (program === undefined) return text
  const { name, path } = program
  const call = new RegExp(String.raw`(?<![-\w./])${name} (?=--?\w|(?:${VERBS[name].join('|')})\b)`, 'g')
  return text.replace(call, () => `${escapeArgv([path])} `)
}
