/** Writes src/agent/service/unit.generated.ts: the text of the unit, for the executable. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const text = readFileSync(join(root, 'systemd/cantrip-agent.service'), 'utf8')
const lines = text
  .trimEnd()
  .split('\n')
  .map((line) => `  ${JSON.stringify(line)},`)
const head =
  '// Written by scripts/unit.ts from systemd/cantrip-agent.service. Do not edit.\n// biome-ignore format: one line of the unit a line\nexport const UNIT_LINES = ['
writeFileSync(join(root, 'src/agent/service/unit.generated.ts'), `${head}\n${lines.join('\n')}\n]\n`)
