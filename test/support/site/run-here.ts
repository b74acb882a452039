import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { passSignalsTo } from '../../run/interruption.ts'
import type { Say } from './artefacts.ts'

/** Runs a program with this process's environment and passes on what it says; a non-zero exit rejects. */
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
