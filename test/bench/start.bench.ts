// Ratio 10: an agent from its start to the moment it dials the controller ÷ `node -e 0`, in many alternating pairs.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { enrolledInstallation } from './installation.ts'
import { median, report } from './measure.ts'

const PAIRS = 60
const agent = join(import.meta.dirname, '../../dist/agent-linux-x64')

const listener = createServer().listen(0, '127.0.0.1')
await once(listener, 'listening')
const { port } = listener.address() as AddressInfo
const installation = await enrolledInstallation('start', `https://127.0.0.1:${port}`)
try {
  await Promise.all([bareNode(), agentUntilItDials()])
  const pairs: { node: number; agent: number }[] = []
  for (let pair = 0; pair < PAIRS; pair++) pairs.push({ node: await bareNode(), agent: await agentUntilItDials() })
  const node = median(pairs.map((pair) => pair.node))
  const dialling = median(pairs.map((pair) => pair.agent))
  console.log(
    `node -e 0: ${node.toFixed(1)} ms, agent up to its dialling: ${dialling.toFixed(1)} ms (medians of ${PAIRS})`,
  )
  report('start', median(pairs.map((pair) => pair.agent / pair.node)), 1.6)
} finally {
  listener.close()
  await installation.remove()
}

async function bareNode(): Promise<number> {
  const started = performance.now()
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit')
  return performance.now() - started
}

async function agentUntilItDials(): Promise<number> {
  const started = performance.now()
  const child = spawn(agent, ['run', '--instance', installation.instance], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  const dialled = once(listener, 'connection')
  const first = await Promise.race([dialled, ended.then(() => undefined)])
  const ms = performance.now() - started
  if (first === undefined) throw new Error(`the agent ended before it dialled: ${agent} run`)
  child.kill('SIGKILL')
  first[0].destroy()
  await ended
  return ms
}
