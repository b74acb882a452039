import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import type { Controller } from '../../../src/controller/start.ts'
import { programEnvironment } from '../program-environment.ts'
import { CONTROLLER } from '../programs/programs.ts'
import { waitFor } from '../wait-for.ts'

/** A controller as a process of its own, which keeps its port over restarts. */
export class Served implements Pick<Controller, 'url' | 'adminFile'> {
  readonly dataDirectory: string
  readonly url: string
  readonly adminFile: string
  #process: ChildProcess | undefined
  readonly #flags: readonly string[]
  #output = ''

  private constructor(dataDirectory: string, port: number, flags: readonly string[]) {
    this.dataDirectory = dataDirectory
    this.#flags = flags
    this.url = `https://127.0.0.1:${port}`
    this.adminFile = join(dataDirectory, 'admin.json')
  }

  /** `flags`: of `controller serve`. */
  static async start(dataDirectory: string, flags: readonly string[] = []): Promise<Served> {
    const free = createServer().listen(0, '127.0.0.1')
    await once(free, 'listening')
    const { port } = free.address() as AddressInfo
    free.close()
    const served = new Served(dataDirectory, port, flags)
    await served.start()
    return served
  }

  /** Of all its processes. */
  get output(): string {
    return this.#output
  }

  get isRunning(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** Starts it, and waits until it listens. Rejects if it ends before. */
  async start(): Promise<void> {
    const code = await this.tryToStart()
    if (code !== undefined) throw new Error(`the controller ended with ${code}:\n${this.#output}`)
  }

  /** Resolves with the exit code if it ends before it listens. */
  async tryToStart(): Promise<number | undefined> {
    const argv = [CONTROLLER, 'serve', '--data', this.dataDirectory, '--listen', new URL(this.url).host, ...this.#flags]
    const started = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#process = started
    let own = ''
    for (const stream of [started.stdout, started.stderr]) {
      stream.on('data', (chunk) => {
        own += chunk
        this.#output += chunk
      })
    }
    const closed = once(started, 'close')
    const isUp = () => !this.isRunning || own.includes('administrator access file')
    await waitFor('the controller', isUp, { details: () => own })
    if (this.isRunning) return undefined
    await closed
    return started.exitCode ?? -1
  }

  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (!this.#process || !this.isRunning) return
    const ended = once(this.#process, 'close')
    this.#process.kill(signal)
    await ended
  }

  /** Runs a command of the CLI as the administrator. */
  cli(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
    const env = programEnvironment({ HOME: '/nonexistent', CANTRIP_ADMIN: this.adminFile })
    return new Promise((resolve) => {
      execFile(process.execPath, [CONTROLLER, ...argv], { env }, (error, out, err) => {
        resolve({ code: error ? Number(error.code) : 0, out, err })
      })
    })
  }
}
