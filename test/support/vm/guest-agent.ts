import { setTimeout as sleep } from 'node:timers/promises'
import type { Output } from '../testbed/run.ts'
import type { ControlSocket } from './control-socket.ts'

export interface GuestRunOptions {
  readonly stdin?: string
  readonly timeoutMs?: number
  readonly env?: Record<string, string>
}

interface ExecStatus {
  readonly exited: boolean
  readonly exitcode?: number
  readonly signal?: number
  readonly 'out-data'?: string
  readonly 'err-data'?: string
}

const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
}
const LIMIT_MS = 120_000
const LONGEST_LOOK_MS = 500

/** Runs a command in the guest as root through qemu-guest-agent, without network. */
export async function runInGuest(
  agent: ControlSocket,
  argv: readonly string[],
  { stdin, timeoutMs = LIMIT_MS, env = {} }: GuestRunOptions = {},
): Promise<Output> {
  const [path, ...arg] = argv
  const started = await agent.call<{ pid: number }>('guest-exec', {
    path,
    arg,
    env: Object.entries({ ...ENVIRONMENT, ...env }).map(([name, value]) => `${name}=${value}`),
    'input-data': Buffer.from(stdin ?? '').toString('base64'),
    'capture-output': true,
  })
  const deadline = Date.now() + timeoutMs
  for (let pause = 20; ; pause = Math.min(pause * 1.5, LONGEST_LOOK_MS)) {
    const status = await agent.call<ExecStatus>('guest-exec-status', started)
    if (status.exited) {
      return {
        code: status.exitcode ?? 128 + (status.signal ?? 0),
        stdout: text(status['out-data']),
        stderr: text(status['err-data']),
      }
    }
    if (Date.now() > deadline) {
      await agent.call('guest-exec', { path: '/bin/kill', arg: ['-KILL', String(started.pid)] })
      throw new Error(`${argv.join(' ')}: timed out after ${timeoutMs} ms in the guest`)
    }
    await sleep(pause)
  }
}

const text = (base64 = '') => Buffer.from(base64, 'base64').toString()
