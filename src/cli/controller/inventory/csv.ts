import { type Problem, refuseAll } from '../declare/problem.ts'
import { MOST_HOSTS } from './ansible/groups.ts'
import { interpret } from './ansible/interpret.ts'
import { csvRows } from './csv-rows.ts'
import type { InventoryHost } from './host.ts'
import { invalid } from './invalid.ts'

/** The variable of Ansible that each column stands for. */
const COLUMNS: Readonly<Record<string, string>> = {
  ...{ name: 'name', hostname: 'name', host: 'name' },
  ...{ address: 'ansible_host', ip: 'ansible_host', port: 'ansible_port', user: 'ansible_user' },
  ...{ key: 'ansible_ssh_private_key_file', role: 'cantrip_roles', roles: 'cantrip_roles', labels: 'node_labels' },
}
const WANTED = 'name, address, port, user, key, role, labels'

/** Reads a table with a header, separated by commas or semicolons. Throws `inventory/invalid` with everything that is wrong. */
export function parseCsv(file: string, text: string): InventoryHost[] {
  const problems: Problem[] = []
  const refuse = (line: number, found: string, fix: string) =>
    problems.push(invalid({ file, line, column: 1 }, found, fix))
  const [first = ''] = text.split('\n', 1)
  const rows = csvRows(text, first.includes(';') && !first.includes(',') ? ';' : ',')
  if (typeof rows === 'number') {
    refuse(rows, 'found a quote that is not closed, or text after one', 'write "" for a quote inside quotes')
    return refuseAll(problems) ?? []
  }
  const [header, ...body] = rows
  const columns = (header?.fields ?? []).map((each) => each.toLowerCase())
  const named = columns.map((each) => (Object.hasOwn(COLUMNS, each) ? COLUMNS[each] : undefined))
  const titleOf = (variable: string) => columns[named.indexOf(variable)] ?? variable
  if (!named.some((each) => each === 'name' || each === 'ansible_host'))
    refuse(1, `the header has no column name or address: ${columns.join(', ')}`, `begin with a line such as ${WANTED}`)
  const twice = named.find((each, at) => each !== undefined && named.indexOf(each) !== at)
  if (twice !== undefined) refuse(1, 'two columns mean the same', `name each once: ${WANTED}`)
  if (body.length > MOST_HOSTS) refuse(1, `it has more than ${MOST_HOSTS} hosts`, 'use several files')
  refuseAll(problems)
  const hosts = body.flatMap(({ line, fields }) => {
    if (fields.length !== columns.length) {
      refuse(line, `found ${fields.length} fields; wanted ${columns.length}, as in the header`, 'correct the line')
      return []
    }
    const given = fields.flatMap((value, at): [string, string][] =>
      value === '' ? [] : [[named[at] ?? columns[at] ?? '', value]],
    )
    const variables = new Map<string, unknown>(given)
    const name = String(variables.get('name') ?? variables.get('ansible_host') ?? '')
    variables.delete('name')
    const host =
      name === '' ? 'found no name and no address' : interpret({ name, groups: [], direct: [], variables }, titleOf)
    if (typeof host !== 'string') return [host]
    refuse(line, host, 'correct the line')
    return []
  })
  refuseAll(problems)
  return hosts
}
