import { execFileSync, spawn } from 'node:child_process'
import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { newId } from '../../../src/controller/domain/ids.ts'
import { Campaign, type NodeAnswers } from '../../../src/controller/pair-checks/campaign.ts'
import { judge } from '../../../src/controller/pair-checks/judge.ts'
import type { PairNode } from '../../../src/controller/pair-checks/needs.ts'
import { planPairs } from '../../../src/controller/pair-checks/plan.ts'

const NODE = new URL('node-in-namespace.ts', import.meta.url).pathname

/** Network namespaces of a test; `prefix` is short and unique. */
export function namespaces(prefix: string) {
  const made: string[] = []
  const full = (name: string) => `${prefix}-${name}`
  const ip = (...argv: string[]) => execFileSync('ip', argv, { encoding: 'utf8' })
  return {
    add(name: string): void {
      ip('netns', 'add', full(name))
      made.push(full(name))
      ip('-n', full(name), 'link', 'set', 'lo', 'up')
    },
    /** Connects two namespaces by a veth pair with an address at each end. */
    connect([a, addressA]: [string, string], [b, addressB]: [string, string], mtu = 1_500): void {
      const [endA, endB] = [`to-${b}`, `to-${a}`]
      ip('-n', full(a), 'link', 'add', endA, 'mtu', `${mtu}`, 'type', 'veth', 'peer', 'name', endB, 'netns', full(b))
      for (const [name, end, address] of [
        [a, endA, addressA],
        [b, endB, addressB],
      ] as const) {
        ip('-n', full(name), 'link', 'set', end, 'mtu', `${mtu}`)
        ip('-n', full(name), 'address', 'add', address, 'dev', end)
        ip('-n', full(name), 'link', 'set', end, 'up')
      }
    },
    ip: (name: string, ...argv: string[]) => ip('-n', full(name), ...argv),
    run: (name: string, ...argv: string[]) => ip('netns', 'exec', full(name), ...argv),
    argv: (name: string, argv: readonly string[]) => ['ip', 'netns', 'exec', full(name), ...argv],
    removeAll(): void {
      for (const each of made.splice(0)) ip('netns', 'delete', each)
    },
  }
}

export type Namespaces = ReturnType<typeof namespaces>

export interface RunningNodes {
  /** Runs a whole pair check, with the controller's part in this process. */
  check(): Promise<ReturnType<typeof judge> & { answers: ReadonlyMap<string, NodeAnswers> }>
  stop(): Promise<void>
}

/** Starts each node as a process in the namespace of its name. Resolves when all are ready. */
export async function startNodes(nodes: readonly PairNode[], world: Namespaces): Promise<RunningNodes> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  const plan = planPairs(nodes, 'flannel', 'seed')
  let campaign: Campaign | undefined
  const ready: Promise<unknown>[] = []
  const children = new Map(
    nodes.map(({ id, name }) => {
      const [command = '', ...argv] = world.argv(name, [process.execPath, NODE, id, key])
      const child = spawn(command, argv, { stdio: ['pipe', 'pipe', 'ignore'] })
      const lines = createInterface({ input: child.stdout })
      ready.push(once(lines, 'line').then(() => lines.on('line', (line) => campaign?.receive(id, JSON.parse(line)))))
      return [id, child] as const
    }),
  )
  await Promise.all(ready)
  return {
    async check() {
      campaign = new Campaign({
        plan,
        check: newId('p'),
        sign: (order) => {
          const payload = JSON.stringify(order)
          return { payload, signature: sign(null, Buffer.from(payload), privateKey).toString('base64') }
        },
        send: (id, body) => children.get(id)?.stdin.write(`${JSON.stringify(body)}\n`) !== undefined,
        now: () => new Date(),
        monotonicMs: () => performance.now(),
        signal: new AbortController().signal,
      })
      const answers = await campaign.run()
      return { answers, ...judge(plan, answers, []) }
    },
    async stop() {
      const ended = [...children.values()].map((child) => new Promise((resolve) => child.once('close', resolve)))
      for (const child of children.values()) child.stdin.end()
      await Promise.all(ended)
    },
  }
}
