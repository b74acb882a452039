import { spawn } from 'node:child_process'
import { passSignalsTo } from './interruption.ts'

export interface Ended {
  readonly ok: boolean
  /** Standard output and standard error, interleaved as they arrived. */
  readonly output: string
}

/** Runs a program to its end. Never throws: a program that cannot be started counts as failed. `onOutput` gets the output as it arrives. */
export async function runCommand(
  argv: readonly [string, ...string[]],
  { cwd, env = {}, onOutput }: { cwd: string; env?: Record<string, string>; onOutput?: (text: string) => void },
): Promise<Ended> {
  const [program, ...rest] = argv
  const child = spawn(program, rest, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  passSignalsTo(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => {
      output += text
      onOutput?.(text)
    })
  }
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ ok: false, output: `${output}${program}: ${error.message}\n` }))
    child.on('close', (code) => resolve({ ok: code === 0, output }))
  })
}
