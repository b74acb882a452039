import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Controller, startController } from '../../../src/controller/start.ts'
import type { NodeDetail } from '../../../src/protocol/api/nodes.ts'
import type { OperatorReport } from '../../../src/protocol/api/operators.ts'
import type { Instruction } from '../../../src/protocol/wire/instruction.ts'
import { Operation } from '../../../src/protocol/wire/operation.ts'
import { OPERATION_FRAME } from '../../../src/protocol/wire/released-names.ts'
import { programEnvironment } from '../program-environment.ts'
import { CONTROLLER } from '../programs/programs.ts'
import { waitFor } from '../wait-for.ts'
import { connectAgent, factsAt, type ScriptedAgent } from './agent.ts'
import { importSmallBundle } from './bundle.ts'
import {
  type Answer,
  adminOf,
  type Credentials,
  call,
  createCluster,
  type EnrolledNode,
  enrolNode,
  type Installer,
  operatorOf,
  showNode,
} from './client.ts'
import { wellReport } from './well-report.ts'

export interface SceneNode {
  node: EnrolledNode
  agent: ScriptedAgent
}

let nextDatabase: () => Promise<string | undefined> = async () => undefined

/** Makes the controllers of later scenes use these databases instead of SQLite. `database` returns the URL of an empty one. */
export function keepScenesIn(database: () => Promise<string>): void {
  nextDatabase = database
}

/** A controller with a cluster `demo`, and scripted agents of machines with different addresses. */
export class Scene {
  readonly directory: string
  readonly #database: string | undefined
  #installer: Installer | undefined
  #machines = 0
  #operator: Credentials | undefined
  #controller: Controller | undefined
  /** How far the controller's clock is ahead, in milliseconds. */
  aheadMs = 0
  /** What the agents say at their connection, beside what every build says. */
  hello: object = {}

  constructor(directory: string, database?: string) {
    this.directory = directory
    this.#database = database
  }

  get controller(): Controller {
    if (!this.#controller) throw new Error('the controller is not up')
    return this.#controller
  }

  async start(): Promise<void> {
    this.#controller = await startController({
      dataDirectory: this.directory,
      ...(this.#database === undefined ? {} : { database: { url: this.#database, env: {} } }),
      listen: { host: '127.0.0.1', port: 0 },
      now: () => new Date(Date.now() + this.aheadMs),
      tickMs: 600_000,
      consoleAssets: new Map([['index.html', Buffer.from('<!doctype html><title>Console</title>')]]),
    })
    this.#installer ??= await createCluster(this.controller, 'demo')
  }

  /** Starts with a data directory that has the cluster; no more nodes can be enrolled. */
  async resume(): Promise<void> {
    this.#installer = {} as Installer
    await this.start()
  }

  async restart(): Promise<void> {
    await this.controller.close()
    await this.start()
  }

  /** Stops the controller, changes its SQLite database, and starts it again. */
  async changeDatabase(change: (file: string) => void): Promise<void> {
    await this.controller.close()
    change(join(this.directory, 'controller.db'))
    await this.start()
  }

  async close(): Promise<void> {
    await this.controller.close()
    rmSync(this.directory, { recursive: true })
  }

  admin(method: string, path: string, body?: unknown): Promise<Answer> {
    return call(this.controller.url, adminOf(this.controller), method, path, body)
  }

  /** Runs a command of the CLI as the administrator. */
  cli(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
    const env = programEnvironment({ HOME: '/nonexistent', CANTRIP_ADMIN: this.controller.adminFile })
    return new Promise((resolve) => {
      execFile(process.execPath, [CONTROLLER, ...argv], { env }, (error, out, err) => {
        resolve({ code: error ? Number(error.code) : 0, out, err })
      })
    })
  }

  show({ node }: Pick<SceneNode, 'node'>): Promise<NodeDetail> {
    return showNode(this.controller, node.id)
  }

  /** Sends the operator's report about these nodes; by default all are healthy. */
  async report(enrolled: readonly SceneNode[], changes: Partial<OperatorReport> = {}): Promise<void> {
    const [first] = enrolled
    if (!first) throw new Error('there is no node to run the operator on')
    const shown = await Promise.all(enrolled.map((enrolled) => this.show(enrolled)))
    const masters = shown.flatMap(({ name, roles }) => (roles.includes('master') ? [name] : []))
    const body = {
      ...wellReport(
        shown.map(({ name }) => name),
        masters,
      ),
      ...changes,
    }
    this.#operator ??= await operatorOf(this.controller, first.node)
    const { status, text } = await call(this.controller.url, this.#operator, 'POST', '/v1/operator/report', body)
    if (status !== 200) throw new Error(text)
  }

  /** Waits until the controller shows a node in the expected state. */
  async shows(node: SceneNode, what: string, isSo: (shown: NodeDetail) => boolean): Promise<void> {
    const look = async () => isSo(await this.show(node))
    await waitFor(`${node.node.id}: ${what}`, look, { everyMs: 20 })
  }

  /** `replaced`: the node whose name it gets, and which has been silent for a while. */
  async enrolled(
    name: string,
    roles: string[],
    address = `10.0.0.${++this.#machines}`,
    replaced?: SceneNode,
  ): Promise<SceneNode> {
    if (!this.#installer) throw new Error('there is no cluster')
    const node = await enrolNode(this.controller, this.#installer, name, replaced?.node.id)
    const agent = await connectAgent(this.controller, node, 0, factsAt(address), this.hello)
    const found = { node, agent }
    await this.shows(found, 'facts', ({ facts }) => facts !== null)
    const { status, text } = await this.admin('POST', `/v1/nodes/${node.id}/configure`, { roles })
    if (status !== 200) throw new Error(text)
    return found
  }

  /** Provisions the cluster. Returns the instructions of these nodes, in order. */
  async provision(...enrolled: SceneNode[]): Promise<Instruction[]> {
    const { status, text } = await this.admin('POST', '/v1/clusters/demo/provision')
    if (status !== 200) throw new Error(text)
    return Promise.all(enrolled.map(({ agent }) => agent.instruction()))
  }

  /** Enrols and provisions these nodes, the first of them a master, until all have succeeded. */
  async up(...wanted: [name: string, roles: string[]][]): Promise<SceneNode[]> {
    const enrolled: SceneNode[] = []
    for (const [name, roles] of wanted) enrolled.push(await this.enrolled(name, roles))
    const instructions = await this.provision(...enrolled)
    for (const [at, { agent }] of enrolled.entries()) {
      agent.send('result', { run: instructions[at]?.run ?? '', outcome: 'done' }, 1)
      await agent.next('ack')
    }
    return enrolled
  }
}

export async function openScene(): Promise<Scene> {
  const directory = mkdtempSync(join(tmpdir(), 'controller-'))
  await importSmallBundle(directory, Buffer.from('kubelet'))
  const scene = new Scene(directory, await nextDatabase())
  await scene.start()
  return scene
}

export async function operationOf({ agent }: SceneNode): Promise<Operation> {
  const { body } = await agent.next(OPERATION_FRAME)
  return Operation.parse(JSON.parse(body.payload))
}
