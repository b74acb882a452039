// Ratio 11: resident memory of an idle `agent run`, connected to a real controller ÷ the allowed memory. Executables of earlier
// builds, given as arguments, are measured in the same run.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { readCredentials } from '../../src/agent/identity/credentials.ts'
import { readStatus } from '../../src/agent/status.ts'
import { linuxHostView } from '../../src/host/linux/host-view.ts'
import { type Installation, newInstallation } from './installation.ts'
import { median, report } from './measure.ts'

const ALLOWED_MB = { RssAnon: 20, VmRSS: 75 }
const CONNECT_SECONDS = 30
const SETTLE_SECONDS = 20
const SAMPLES = 10

const run = promisify(execFile)
const dist = join(import.meta.dirname, '../../dist')
const scratch = await mkdtemp(join(tmpdir(), 'cantrip-bench-'))
const children: ChildProcess[] = []
const undo = [() => rm(scratch, { recursive: true, force: true })]
try {
  await startController()
  const credentials = await makeCluster()
  for (const [at, earlier] of process.argv.slice(2).entries()) {
    const { anonymous, all } = await measure(earlier, await newInstallation(`earlier-${at}`, credentials))
    console.log(`${earlier}: RssAnon ${anonymous.toFixed(1)} MB, RSS ${all.toFixed(1)} MB`)
  }
  const { anonymous, all } = await measure(join(dist, 'agent-linux-x64'), await newInstallation('memory', credentials))
  console.log(
    `RssAnon ${anonymous.toFixed(1)} MB of ${ALLOWED_MB.RssAnon}, RSS ${all.toFixed(1)} MB of ${ALLOWED_MB.VmRSS}`,
  )
  report('idle-memory', Math.max(anonymous / ALLOWED_MB.RssAnon, all / ALLOWED_MB.VmRSS), 1)
} finally {
  for (const child of children.reverse()) await end(child)
  for (const step of undo.reverse()) await step()
}

/** In MB. */
async function measure(executable: string, installation: Installation): Promise<{ anonymous: number; all: number }> {
  undo.push(installation.remove)
  // A file just written lies in the page cache in large pieces, and whole pieces count as resident: drop it from the cache.
  await run('dd', [`if=${executable}`, 'iflag=nocache', 'count=0'])
  const agent = start(executable, 'run', '--instance', installation.instance)
  await connected(installation.paths.statusFile)
  await setTimeout(SETTLE_SECONDS * 1000)
  const samples: { RssAnon: number; VmRSS: number }[] = []
  for (let sample = 0; sample < SAMPLES; sample++) {
    samples.push(await residentMb(agent.pid))
    await setTimeout(1000)
  }
  return {
    anonymous: median(samples.map(({ RssAnon }) => RssAnon)),
    all: median(samples.map(({ VmRSS }) => VmRSS)),
  }
}

function start(executable: string, ...args: string[]): ChildProcess {
  const child = spawn(executable, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  return child
}

async function startController(): Promise<void> {
  const { stdout } = start(
    join(dist, 'controller-linux-x64'),
    'serve',
    '--data',
    join(scratch, 'data'),
    '--listen',
    '127.0.0.1:0',
  )
  if (!stdout) throw new Error('the controller has no output')
  // Keep reading after it listens, because a full pipe would block it.
  const lines = createInterface({ input: stdout })
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => line.includes('admin.json') && resolve())
    lines.once('close', () => reject(new Error('the controller ended before it listened')))
  })
}

async function makeCluster() {
  const admin = join(scratch, 'data/admin.json')
  const args = ['cluster', 'create', 'bench', '--auto-approve', '--admin', admin, '--output', scratch]
  await run(join(dist, 'controller-linux-x64'), args)
  return readCredentials(join(scratch, 'bench.pem'), join(scratch, 'bench-passphrase.txt'), linuxHostView())
}

async function connected(statusFile: string): Promise<void> {
  for (let second = 0; second < CONNECT_SECONDS; second++) {
    if (readStatus(statusFile)?.connected) return
    await setTimeout(1000)
  }
  throw new Error(`the agent is not connected after ${CONNECT_SECONDS} s: ${JSON.stringify(readStatus(statusFile))}`)
}

async function residentMb(pid: number | undefined): Promise<{ RssAnon: number; VmRSS: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const megabytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024
  return { RssAnon: megabytes('RssAnon'), VmRSS: megabytes('VmRSS') }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await Promise.race([ended, setTimeout(10_000, undefined, { ref: false }).then(() => child.kill('SIGKILL'))])
}
