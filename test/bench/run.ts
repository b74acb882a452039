// scripts/bench runs this: one benchmark after another, because they share the machine, and a table of all ratios at the end.
import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { keepTable } from '../run/campaign.ts'
import { runCommand } from '../run/command.ts'
import { type Ratio, readRatio } from './measure.ts'

const root = join(import.meta.dirname, '../..')
const names = globSync('*.bench.ts', { cwd: import.meta.dirname })
  .map((file) => basename(file, '.bench.ts'))
  .sort()
const { values, positionals: wanted } = parseArgs({ options: { full: { type: 'boolean' } }, allowPositionals: true })
const unknown = wanted.filter((name) => !names.includes(name))
if (unknown.length > 0) {
  console.error(`no such bench: ${unknown.join(', ')}; there are ${names.join(', ')}`)
  process.exit(2)
}

const table: Record<string, Ratio | undefined> = {}
for (const name of wanted.length > 0 ? wanted : names) {
  console.log(`== ${name}`)
  const startedMs = Date.now()
  const { ok, output } = await runCommand([process.execPath, join(import.meta.dirname, `${name}.bench.ts`)], {
    cwd: root,
    onOutput: (text) => process.stdout.write(text),
  })
  const ratio = ok ? readRatio(output) : undefined
  table[name] = ratio
  if (ratio && values.full) keepTable('bench', { [name]: ratio }, startedMs)
}
const rows = Object.entries(table).map(([name, row]) => [
  name,
  row?.ratio.toFixed(2) ?? 'not measured',
  row ? `≤ ${row.goal}` : '',
  row?.note ?? '',
])
console.log('')
for (const row of [['BENCH', 'RATIO', 'GOAL', 'OF'], ...rows]) {
  const [name = '', ratio = '', goal = '', note = ''] = row
  console.log(`${name.padEnd(14)}${ratio.padEnd(14)}${goal.padEnd(8)}${note}`.trimEnd())
}
process.exitCode = Object.values(table).includes(undefined) ? 1 : 0
