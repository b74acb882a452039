import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { consoleFilesIn } from '../../../build/console-files.ts'
import { type Controller, startController } from '../../../src/controller/start.ts'
import { type Answer, adminOf, call } from '../controller/client.ts'

/** A controller that serves the files of a folder as its console, and keeps its port over restarts. */
export class ConsoleSite {
  /** Of the controller's data. */
  readonly directory = mkdtempSync(join(tmpdir(), 'console-'))
  readonly #assets: ReadonlyMap<string, Uint8Array>
  #controller: Controller | undefined

  private constructor(assets: ReadonlyMap<string, Uint8Array>) {
    this.#assets = assets
  }

  static async open(folder: string): Promise<ConsoleSite> {
    const files = await consoleFilesIn(folder)
    const site = new ConsoleSite(
      new Map(await Promise.all(files.map(async (file) => [file, await readFile(join(folder, file))] as const))),
    )
    await site.start(0)
    return site
  }

  async start(port = this.controller.port): Promise<void> {
    this.#controller = await startController({
      ...{ dataDirectory: this.directory, listen: { host: '127.0.0.1', port }, consoleAssets: this.#assets },
    })
  }

  /** Browsers lose their connections. */
  async stop(): Promise<void> {
    await this.controller.close()
  }

  async close(): Promise<void> {
    await this.stop()
    rmSync(this.directory, { recursive: true })
  }

  get controller(): Controller {
    if (!this.#controller) throw new Error('the controller is not up')
    return this.#controller
  }

  get origin(): string {
    return this.controller.url
  }

  admin(method: string, path: string, body?: unknown): Promise<Answer> {
    return call(this.origin, adminOf(this.controller), method, path, body)
  }

  /** A link with which a browser signs in as the administrator, or as an account. */
  async link(person?: string): Promise<string> {
    const { json, text } = await this.admin('POST', '/v1/login/codes', person === undefined ? {} : { person })
    if (json?.url === undefined) throw new Error(text)
    return json.url
  }
}
