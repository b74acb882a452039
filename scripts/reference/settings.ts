/** The reference of a cluster's settings: the schema, and the flags of `controller cluster create`. */
import * as z from 'zod/mini'
import { createProgram } from '../../src/cli/controller/program.ts'
import { ClusterSettings } from '../../src/protocol/api/administrators.ts'
import { code, fenced, page, table } from './markdown.ts'

interface Schema {
  type?: string
  enum?: string[]
  default?: unknown
  minimum?: number
  maximum?: number
  maxLength?: number
}

export function settingsPage(): string {
  const { properties = {} } = z.toJSONSchema(ClusterSettings, { io: 'input', unrepresentable: 'any' })
  const rows = Object.entries(properties).map(([name, schema]) => rowOf(name, schema as Schema))
  return page(
    'Settings of a cluster',
    `Give a setting as a flag of \`controller cluster create\`, or in a YAML file with \`-f FILE\`; a flag overrides the file. A setting is fixed when the
cluster is created. \`controller cluster show NAME\` prints what a cluster has.`,
    table(['Setting', 'Flag', 'Value', 'Default', 'Meaning'], rows),
    'For example:',
    fenced('cni: flannel\npodSubnet: 10.20.0.0/16\nlabels:\n  site: north\ndedicatedMasters: true'),
  )
}

function rowOf(name: string, schema: Schema): string[] {
  const flag = flagOf(name)
  return [
    code(name),
    flag === undefined ? '' : code(flag.flags),
    valuesOf(schema),
    defaultOf(schema),
    flag?.description ?? '',
  ]
}

/** Several values are one flag that may be given again: its name is in the singular. */
function flagOf(setting: string) {
  const create = createProgram()
    .commands.find((command) => command.name() === 'cluster')
    ?.commands.find((command) => command.name() === 'create')
  return create?.options.find((option) => setting.startsWith(option.attributeName()))
}

function valuesOf({ type, enum: values, minimum, maximum, maxLength }: Schema): string {
  if (values !== undefined) return values.map(code).join(', ')
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`
  if (maxLength !== undefined) return `at most ${maxLength} characters`
  if (type === 'object') return 'mapping'
  return type === 'boolean' ? '`true` or `false`' : (type ?? '')
}

function defaultOf({ default: standard }: Schema): string {
  if (standard === undefined || standard === '') return 'none'
  return typeof standard === 'object' && standard !== null && Object.keys(standard).length === 0
    ? 'none'
    : code(String(standard))
}
