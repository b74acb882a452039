// scripts/test runs this: all parts, even if one fails, and a summary line at the end.
import { constants } from 'node:os'
import { join } from 'node:path'
import { parseArgs, styleText } from 'node:util'
import { runCommand } from './command.ts'
import { allParts, type Part, partNamed, partNames } from './parts.ts'
import { failures, inCi, type PartResult, sum } from './tally.ts'
import { turnOf, wrongTime } from './turns.ts'

const root = join(import.meta.dirname, '../..')
const { values, positionals } = parseArgs({ options: { full: { type: 'boolean' } }, allowPositionals: true })
if (values.full) process.env.CANTRIP_FULL = '1'
const [asked, ...more] = positionals
const chosen = asked === undefined ? allParts(await turn()) : partNamed(asked)
if (chosen.length === 0 || more.length > 0) {
  console.error(`no such part: ${positionals.join(' ')}; there are ${partNames.join(', ')}`)
  process.exit(2)
}
// The parts write into pipes, so the environment decides whether they use colours.
const colours = process.stdout.isTTY && process.stdout.hasColors()
delete process.env[colours ? 'NO_COLOR' : 'FORCE_COLOR']
process.env[colours ? 'FORCE_COLOR' : 'NO_COLOR'] = '1'
// The parts get the signal as well and clean up. This process waits for them and starts no other part.
let interruptedBy: NodeJS.Signals | undefined
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    interruptedBy = name
    process.exitCode = 128 + constants.signals[name]
  })
}

const running = new Map<string, Promise<PartResult>>()
for (const part of chosen) running.set(part.name, start(part))
const results = await Promise.all(running.values())
const total = sum(results)
// Printed last, so that the end of the output shows the reasons.
for (const { name, failed, output } of results.filter((part) => part.failed > 0)) {
  console.log(`\nfailed in ${name}: ${failed}`)
  for (const failure of failures(output)) console.log(failure)
}
for (const name of total.skipped) console.log(`not run here: ${name}`)
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode ??= total.failed === 0 ? 0 : 1

/** The rotating stories of this commit; undefined (all) for a full run or without a commit. */
async function turn(): Promise<string[] | undefined> {
  const head = await runCommand(['git', 'rev-parse', 'HEAD'], { cwd: root })
  if (values.full || !head.ok) return undefined
  const names = turnOf(head.output)
  console.log(`Rotating stories of this commit: ${names.join(' and ')}. To run all stories: scripts/test --full`)
  return names
}

async function start(part: Part): Promise<PartResult> {
  await Promise.all(part.after.map((name) => running.get(name)))
  if (interruptedBy) return { passed: 0, failed: 1, skipped: [], output: `${interruptedBy}\n`, name: part.name, ms: 0 }
  const started = performance.now()
  const outcome = await part.run(root, (text) => process.stdout.write(text))
  const tally = process.env.CI === 'true' ? inCi(outcome) : outcome
  const result = { ...tally, output: outcome.output, name: part.name, ms: performance.now() - started }
  show(result, part.live === true)
  return result
}

function show({ name, passed, failed, skipped, ms, output }: PartResult, live: boolean): void {
  if (!live && (failed > 0 || skipped.length > 0)) process.stdout.write(`${output.trimEnd()}\n`)
  const mark = failed === 0 ? styleText('green', '✓') : styleText('red', '✗')
  const counts = [`${passed} ok`, failed > 0 && `${failed} not ok`, skipped.length > 0 && `${skipped.length} not run`]
  console.log(`${mark} ${name.padEnd(12)} ${counts.filter(Boolean).join(', ').padEnd(30)} ${(ms / 1000).toFixed(1)} s`)
  const correction = failed === 0 && !values.full ? wrongTime(name, ms / 1000) : undefined
  if (correction) console.log(correction)
}
