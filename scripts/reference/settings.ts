/** Generates the reference of a cluster's settings from their declarations. */
import { stringify } from 'yaml'
import { SETTINGS } from '../../src/protocol/settings/cluster-settings.ts'
import type { Change, Setting } from '../../src/protocol/settings/setting.ts'
import { code, fenced, page, table } from './markdown.ts'

const COLUMNS = ['Setting', 'Flag', 'Meaning', 'Value', 'Default', 'Used by', 'Since', 'Changes on a running cluster']
const FIRST_VERSION = '0.1.0'

export function settingsPage(): string {
  const settings = Object.entries<Setting>(SETTINGS)
  return page(
    'Settings of a cluster',
    `Pass a setting as a flag of \`controller cluster create\`, or in a YAML file with \`-f FILE\`; a flag overrides the file.
\`controller cluster show NAME\` prints the settings of a cluster. The last column says how a setting changes on a running cluster: live: nothing
restarts; rolling: on one node after another; control-plane: on one master after another; add-on: in the cluster, from one master. Containers run
on while the kubelet or containerd restarts.`,
    table(COLUMNS, settings.map(rowOf)),
    'A file with all of them:',
    fenced(stringify(Object.fromEntries(settings.map(([name, { example }]) => [name, example]))).trimEnd()),
  )
}

function rowOf([name, setting]: [string, Setting]): string[] {
  const { flag, help, wanted, sentIn, since = FIRST_VERSION, change } = setting
  const usedBy = sentIn === undefined ? 'the controller' : 'every node'
  return [code(name), code(flag), help, wanted, defaultOf(setting), usedBy, since, changeText(change)]
}

function defaultOf({ default: standard }: Setting): string {
  if (standard === undefined || standard === '') return 'none'
  return typeof standard === 'object' ? 'none' : code(String(standard))
}

function changeText(change: Setting['change']): string {
  if ('of' in change) {
    return Object.entries(change.of)
      .map(([key, its]) => `${code(key)}: ${textOf(its)}`)
      .join('; ')
  }
  return textOf(change)
}

function textOf(change: Change): string {
  if (change.class === 'live') return 'live'
  if (change.class === 'never') return `never: ${change.because}`
  return `${change.class}; restarts ${change.restarts.join(', ')}`
}
