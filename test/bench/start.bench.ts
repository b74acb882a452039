// Ratio 10: an agent from its start to the moment it dials the controller ÷ `node -e 0`, in many alternating pairs.
// Also prints the time to the TLS ClientHello, because code that is loaded after the connection starts counts as well.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { enrolledInstallation } from './installation.ts'
import { median, report } from './measure.ts'

/** Milliseconds. */
interface Pair {
  node: number
  dials: number
  speaks: number
}

const PAIRS = 60
const agent = join(import.meta.dirname, '../../dist/agent-linux-x64')

const listener = createServer().listen(0, '127.0.0.1')
await once(listener, 'listening')
const { port } = listener.address() as AddressInfo
const installation = await enrolledInstallation('start', `https://127.0.0.1:${port}`)
try {
  await Promise.all([bareNode(), agentUntilItDials()])
  const pairs: Pair[] = []
  for (let pair = 0; pair < PAIRS; pair++) pairs.push({ node: await bareNode(), ...(await agentUntilItDials()) })
  const node = median(pairs.map((pair) => pair.node))
  const dials = median(pairs.map((pair) => pair.dials))
  const speaks = median(pairs.map((pair) => pair.speaks))
  console.log(`medians of ${PAIRS}: node -e 0 ${node.toFixed(1)} ms`)
  console.log(`agent until it dials ${dials.toFixed(1)} ms, until its ClientHello ${speaks.toFixed(1)} ms`)
  report('start', median(pairs.map((pair) => pair.dials / pair.node)), 1.6)
} finally {
  listener.close()
  await installation.remove()
}

async function bareNode(): Promise<number> {
  const started = performance.now()
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit')
  return performance.now() - started
}

async function agentUntilItDials(): Promise<Omit<Pair, 'node'>> {
  const started = performance.now()
  const child = spawn(agent, ['run', '--instance', installation.instance], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  const dialled = once(listener, 'connection')
  const first = await Promise.race([dialled, ended.then(() => undefined)])
  const dials = performance.now() - started
  if (first === undefined) throw new Error(`the agent ended before it dialled: ${agent} run`)
  const [socket] = first
  await once(socket, 'data')
  const speaks = performance.now() - started
  child.kill('SIGKILL')
  socket.destroy()
  await ended
  return { dials, speaks }
}
