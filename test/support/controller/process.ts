import { execFile, spawn } from 'node:child_process'
import { join } from 'node:path'
import { programEnvironment } from '../program-environment.ts'
import { CONTROLLER } from '../programs/programs.ts'
import { waitFor } from '../wait-for.ts'

const environment = (more: NodeJS.ProcessEnv) => programEnvironment({ HOME: '/nonexistent', ...more })

/** The controller as a process of its own, as `controller serve` starts it. */
export interface ControllerProcess {
  port: number
  url: string
  adminFile: string
  output(): string
  /** Resolves with the exit code. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>
}

/** Resolves when it listens. Rejects with its output if it ends before. Port 0: any free one. */
export async function serveController(
  data: string,
  argv: readonly string[] = [],
  { port = 0, env = {} }: { port?: number; env?: NodeJS.ProcessEnv } = {},
): Promise<ControllerProcess> {
  const serve = ['serve', '--data', data, '--listen', `127.0.0.1:${port}`, ...argv]
  const child = spawn(process.execPath, [CONTROLLER, ...serve], { env: environment(env) })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += chunk
    })
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const look = () => {
    if (child.exitCode !== null) throw new Error(text)
    return /administrator access file/.test(text) ? /listening on [^ ]+:(\d+);/.exec(text)?.[1] : undefined
  }
  const found = Number(await waitFor('the controller to listen', look, { details: () => text }))
  return {
    port: found,
    url: `https://127.0.0.1:${found}`,
    adminFile: join(data, 'admin.json'),
    output: () => text,
    end(signal) {
      child.kill(signal)
      return ended
    },
  }
}

/** Runs a command of the controller's CLI. */
export function runController(
  argv: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CONTROLLER, ...argv], { env: environment(env) }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    )
  })
}
