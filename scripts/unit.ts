/** Writes the texts of the units in systemd/ as code, for the executables. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const UNITS = {
  'systemd/cantrip-agent.service': 'src/agent/service/unit.generated.ts',
  'systemd/cantrip-controller.service': 'src/cli/controller/service/unit.generated.ts',
}

for (const [unit, code] of Object.entries(UNITS)) {
  const lines = readFileSync(join(root, unit), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => `  ${JSON.stringify(line)},`)
  const head = `// Written by scripts/unit.ts from ${unit}. Do not edit.\n// biome-ignore format: one line of the unit a line\nexport const UNIT_LINES = [`
  writeFileSync(join(root, code), `${head}\n${lines.join('\n')}\n]\n`)
}
