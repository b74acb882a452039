import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { passSignalsTo } from '../../run/interruption.ts'
import type { Say } from './artefacts.ts'

/** Runs a program with the environment of this process and passes its output on. Rejects on a non-zero exit code. */
export async function runHere(argv: readonly string[], say: Say): Promise<void> {
  const [command = '', ...args] = argv
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  passSignalsTo(child)
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', say)
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`${argv.join(' ')}: exit code ${code}`)
}
