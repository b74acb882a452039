/** A join command in a shell of this machine. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

export interface Ran {
  code: number | null
  out: string
  err: string
}

export async function run(
  argv: readonly string[],
  { env = process.env, cwd, stdin = '' }: { env?: NodeJS.ProcessEnv; cwd?: string; stdin?: string } = {},
): Promise<Ran> {
  const child = spawn(argv[0] ?? '', argv.slice(1), { env, cwd })
  child.stdin.on('error', () => undefined).end(stdin)
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code, out, err }
}

/** A PATH below `directory` with the programs of this machine, but these. */
export function pathWithout(directory: string, ...names: string[]): string {
  const path = mkdtempSync(join(directory, 'path-'))
  const programs = new Map(['/bin', '/usr/bin'].flatMap((from) => readdirSync(from).map((name) => [name, from])))
  for (const [name = '', from = ''] of programs)
    if (!names.includes(name)) symlinkSync(join(from, name), join(path, name))
  return path
}

interface Where {
  shell?: 'sh' | 'bash'
  path?: string | undefined
  env?: NodeJS.ProcessEnv
}

/** Runs it with a TMPDIR of its own below `directory`. `left`: what it left there. */
export async function paste(
  directory: string,
  command: string,
  { shell = 'sh', path = process.env.PATH, env = {} }: Where = {},
): Promise<Ran & { left: string | undefined }> {
  const TMPDIR = mkdtempSync(join(directory, 'machine-'))
  const ran = await run([shell], { env: { PATH: path, HOME: TMPDIR, TMPDIR, ...env }, cwd: directory, stdin: command })
  const [left] = readdirSync(TMPDIR)
  return { ...ran, left: left && join(TMPDIR, left) }
}
