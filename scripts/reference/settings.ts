/** Generates the reference of a cluster's settings from their declarations. */
import { stringify } from 'yaml'
import { SETTINGS } from '../../src/protocol/settings/cluster-settings.ts'
import type { Setting } from '../../src/protocol/settings/setting.ts'
import { code, fenced, page, table } from './markdown.ts'

const COLUMNS = ['Setting', 'Flag', 'Meaning', 'Value', 'Default', 'Used by', 'Since', 'Could change later']
const FIRST_VERSION = '0.1.0'

export function settingsPage(): string {
  const settings = Object.entries<Setting>(SETTINGS)
  return page(
    'Settings of a cluster',
    `Pass a setting as a flag of \`controller cluster create\`, or in a YAML file with \`-f FILE\`; a flag overrides the file. Settings are fixed when the
cluster is created: this version has no command to change them. The last column shows which settings could change on a running cluster in a later
version. \`controller cluster show NAME\` prints the settings of a cluster.`,
    table(COLUMNS, settings.map(rowOf)),
    'A file with all of them:',
    fenced(stringify(Object.fromEntries(settings.map(([name, { example }]) => [name, example]))).trimEnd()),
  )
}

function rowOf([name, setting]: [string, Setting]): string[] {
  const { flag, help, wanted, sentIn, since = FIRST_VERSION, isMutable } = setting
  const usedBy = sentIn === undefined ? 'the controller' : 'every node'
  return [code(name), code(flag), help, wanted, defaultOf(setting), usedBy, since, isMutable ? 'yes' : 'no']
}

function defaultOf({ default: standard }: Setting): string {
  if (standard === undefined || standard === '') return 'none'
  return typeof standard === 'object' ? 'none' : code(String(standard))
}
