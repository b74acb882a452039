// scripts/bench runs this: one bench after the other, for they share the machine, and all ratios at the end.
import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { runCommand } from '../run/command.ts'

const root = join(import.meta.dirname, '../..')
const names = globSync('*.bench.ts', { cwd: import.meta.dirname })
  .map((file) => basename(file, '.bench.ts'))
  .sort()
const [wanted] = process.argv.slice(2)
const chosen = wanted === undefined ? names : names.filter((name) => name === wanted)
if (chosen.length === 0) {
  console.error(`no such bench: ${wanted}; there are ${names.join(', ')}`)
  process.exit(2)
}

const ratios: string[] = []
for (const name of chosen) {
  console.log(`== ${name}`)
  const { ok, output } = await runCommand([process.execPath, join(import.meta.dirname, `${name}.bench.ts`)], {
    cwd: root,
    onOutput: (text) => process.stdout.write(text),
  })
  const ratio = /^ratio .*$/m.exec(output)
  ratios.push(ok && ratio ? ratio[0] : `ratio ${name}: not measured`)
}
console.log(['', ...ratios].join('\n'))
process.exitCode = ratios.some((ratio) => ratio.endsWith('not measured')) ? 1 : 0
