import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Controller, startController } from '../../../src/controller/start.ts'
import type { NodeDetail } from '../../../src/protocol/admin.ts'
import { Errand } from '../../../src/protocol/errand.ts'
import type { Instruction } from '../../../src/protocol/instruction.ts'
import { connectAgent, factsAt, type ScriptedAgent } from './agent.ts'
import { importSmallBundle } from './bundle.ts'
import {
  type Answer,
  adminOf,
  call,
  createCluster,
  type EnrolledNode,
  enrolNode,
  type Installer,
  showNode,
} from './client.ts'

export interface Guest {
  node: EnrolledNode
  agent: ScriptedAgent
}

/** A controller with cluster `demo`, and scripted agents of machines that have addresses of their own. */
export class Scene {
  readonly #directory: string
  #installer: Installer | undefined
  #machines = 0
  #controller: Controller | undefined
  /** How far the controller's clock is ahead. */
  aheadMs = 0

  constructor(directory: string) {
    this.#directory = directory
  }

  get controller(): Controller {
    if (!this.#controller) throw new Error('the controller is not up')
    return this.#controller
  }

  async start(): Promise<void> {
    this.#controller = await startController({
      dataDirectory: this.#directory,
      listen: { host: '127.0.0.1', port: 0 },
      now: () => new Date(Date.now() + this.aheadMs),
      tickMs: 600_000,
    })
    this.#installer ??= await createCluster(this.controller, 'demo')
  }

  async restart(): Promise<void> {
    await this.controller.close()
    await this.start()
  }

  async close(): Promise<void> {
    await this.controller.close()
    rmSync(this.#directory, { recursive: true })
  }

  admin(method: string, path: string, body?: unknown): Promise<Answer> {
    return call(this.controller.url, adminOf(this.controller), method, path, body)
  }

  show({ node }: Pick<Guest, 'node'>): Promise<NodeDetail> {
    return showNode(this.controller, node.id)
  }

  /** Looks until it is so. */
  async until(isSo: () => Promise<boolean>): Promise<void> {
    while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20))
  }

  async guest(name: string, roles: string[], address = `10.0.0.${++this.#machines}`): Promise<Guest> {
    if (!this.#installer) throw new Error('there is no cluster')
    const node = await enrolNode(this.controller, this.#installer, name)
    const agent = await connectAgent(this.controller, node, 0, factsAt(address))
    const found = { node, agent }
    await this.until(async () => (await this.show(found)).facts !== null)
    const { status, text } = await this.admin('POST', `/v1/nodes/${node.id}/configure`, { roles })
    if (status !== 200) throw new Error(text)
    return found
  }

  /** Answers what they are told to become, in their order. */
  async provision(...guests: Guest[]): Promise<Instruction[]> {
    const { status, text } = await this.admin('POST', '/v1/clusters/demo/provision')
    if (status !== 200) throw new Error(text)
    return Promise.all(guests.map(({ agent }) => agent.instruction()))
  }

  /** These, the first of them a master, all done with their part. */
  async up(...wanted: [name: string, roles: string[]][]): Promise<Guest[]> {
    const guests: Guest[] = []
    for (const [name, roles] of wanted) guests.push(await this.guest(name, roles))
    const told = await this.provision(...guests)
    for (const [at, { agent }] of guests.entries()) {
      agent.send('result', { run: told[at]?.run ?? '', outcome: 'done' }, 1)
      await agent.next('ack')
    }
    return guests
  }
}

export async function openScene(): Promise<Scene> {
  const directory = mkdtempSync(join(tmpdir(), 'controller-'))
  await importSmallBundle(directory, Buffer.from('kubelet'))
  const scene = new Scene(directory)
  await scene.start()
  return scene
}

export async function errandOf({ agent }: Guest): Promise<Errand> {
  const { body } = await agent.next('errand')
  return Errand.parse(JSON.parse(body.payload))
}
