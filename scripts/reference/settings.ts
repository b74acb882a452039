/** The reference of a cluster's settings, from their declarations. */
import { stringify } from 'yaml'
import { SETTINGS } from '../../src/protocol/settings/cluster-settings.ts'
import type { Setting } from '../../src/protocol/settings/setting.ts'
import { code, fenced, page, table } from './markdown.ts'

const COLUMNS = ['Setting', 'Flag', 'Meaning', 'Value', 'Default', 'Known to', 'Since', 'Could change later']
const FIRST_VERSION = '0.1.0'

export function settingsPage(): string {
  const settings = Object.entries<Setting>(SETTINGS)
  return page(
    'Settings of a cluster',
    `Give a setting as a flag of \`controller cluster create\`, or in a YAML file with \`-f FILE\`; a flag overrides the file. A setting is fixed when the
cluster is created: no command of this version changes one. The last column says which of them do not stand in the way of a change on a running
cluster. \`controller cluster show NAME\` prints what a cluster has.`,
    table(COLUMNS, settings.map(rowOf)),
    'A file with all of them:',
    fenced(stringify(Object.fromEntries(settings.map(([name, { example }]) => [name, example]))).trimEnd()),
  )
}

function rowOf([name, setting]: [string, Setting]): string[] {
  const { flag, help, wanted, sentIn, since = FIRST_VERSION, isMutable } = setting
  const knownTo = sentIn === undefined ? 'the controller' : 'every node'
  return [code(name), code(flag), help, wanted, defaultOf(setting), knownTo, since, isMutable ? 'yes' : 'no']
}

function defaultOf({ default: standard }: Setting): string {
  if (standard === undefined || standard === '') return 'none'
  return typeof standard === 'object' ? 'none' : code(String(standard))
}
