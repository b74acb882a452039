/**
 * The agent as a separate process with its files below a directory: `program.ts ROOT run|execute|facts|operation`. ROOT/work
 * selects what `execute` does: `real`, or the milliseconds that each of three harmless steps takes, followed by `leaving` if
 * each step starts a command that keeps running (its process ID is in ROOT/left-behind), or by `failing` if the second step fails. ROOT/ahead holds how many
 * milliseconds the clock of the service is ahead, and ROOT/machine the files that tell machines apart. If ROOT/real-pauses exists, the
 * service pauses as long as an installed agent.
 */
import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { execute, readInstruction } from '../../../src/agent/execute/execute.ts'
import { readMachineIds } from '../../../src/agent/identity/machine.ts'
import { createLog } from '../../../src/agent/log.ts'
import { pathsOf } from '../../../src/agent/paths.ts'
import { openWorkspace } from '../../../src/agent/restore/open-workspace.ts'
import { systemdNotifier } from '../../../src/agent/service/sd-notify.ts'
import { runService } from '../../../src/agent/service/service.ts'
import { AgentError } from '../../../src/base/agent-error.ts'
import { Redactor } from '../../../src/base/text/secret.ts'
import { runWorkflow } from '../../../src/engine/run-workflow.ts'
import type { Step } from '../../../src/engine/step.ts'
import { linuxNetwork } from '../../../src/host/linux/network/network.ts'
import { facts } from '../controller/agent.ts'

const [root = '', verb] = process.argv.slice(2)
const paths = pathsOf(undefined, root)
const stop = new AbortController()
process.on('SIGTERM', () => stop.abort(new Error('stopped')))

void main()

async function main(): Promise<void> {
  switch (verb) {
    case 'facts':
      process.stdout.write(JSON.stringify(facts))
      break
    case 'execute':
      process.stdout.on('error', () => stop.abort(new Error('the service is gone')))
      await work()
      break
    case 'operation':
      await answerOperation()
      break
    case 'run':
      await serve()
      break
  }
}

async function serve(): Promise<void> {
  const hasRealPauses = existsSync(`${root}/real-pauses`)
  const print = (line: string) => void process.stdout.write(`${line}\n`)
  await runService({
    paths,
    self: [process.execPath, process.argv[1] ?? '', root],
    agentVersion: '0.1.0',
    machine: readMachineIds(`${root}/machine`),
    network: async () => linuxNetwork,
    notifier: systemdNotifier({}, print),
    log: createLog([print], new Redactor(), () => new Date()),
    redact: (text) => new Redactor().redact(text),
    hide: () => undefined,
    facts: async () => facts,
    certificateFiles: [],
    now: () => new Date(Date.now() + Number(readFileSync(`${root}/ahead`, 'utf8'))),
    monotonicMs: () => performance.now(),
    // Keeps random pauses short.
    random: hasRealPauses ? Math.random : () => 0.01,
    sleep: (ms, signal) => setTimeout(hasRealPauses ? ms : shortened(ms), undefined, { signal }),
    signal: stop.signal,
  })
}

/** Long waits are made of minutes. */
function shortened(ms: number): number {
  return ms >= 60_000 ? 100 : Math.min(ms, 500)
}

async function work(): Promise<void> {
  const emit = (event: unknown) => void process.stdout.write(`${JSON.stringify(event)}\n`)
  const how = readFileSync(`${root}/work`, 'utf8').trim()
  if (how === 'real') {
    await execute({ paths, emit, signal: stop.signal })
    return
  }
  const [ms, more] = how.split(' ')
  const { instruction } = await readInstruction(paths)
  const { machine, ledger, hostFor } = await openWorkspace(paths, 10_000)
  const step = (number: number): Step<object> => ({
    id: `fake/step-${number}`,
    title: `Taking step ${number}`,
    marks: 'admits-nodes',
    isDone: async (host) => (await host.stat(`${root}/step-${number}`)) !== undefined,
    async apply(host, _, { signal, log }) {
      log(`step ${number} in process ${process.pid} with token abcdef.0123456789abcdef`)
      if (more === 'leaving') appendFileSync(`${root}/left-behind`, `${startCommand()}\n`)
      await host.sleep(Number(ms), signal)
      if (more === 'failing' && number === 2)
        throw new AgentError('fake/disk-full', 'the disk of step 2 is full', { fix: 'free 1 GiB on it' })
      await host.write(`${root}/step-${number}`, `${process.pid}`)
    },
  })
  const component = { id: 'fake', after: [], steps: () => [1, 2, 3].map(step) }
  const workflow = { id: 'fake', components: [component] }
  await runWorkflow({
    workflow,
    params: {},
    run: instruction.run,
    view: machine,
    hostFor,
    ledger,
    emit,
    signal: stop.signal,
  })
  await ledger.close()
}

/** As a master whose cluster is well. */
async function answerOperation(): Promise<void> {
  const { id } = JSON.parse(await text(process.stdin)) as { id: string }
  process.stdout.write(
    JSON.stringify({ id, outcome: 'done', etcd: [{ name: 'one', isHealthy: true, isLearner: false }] }),
  )
}

/** Like other commands, it runs in its own session, so that it outlives this process. */
function startCommand(): number | undefined {
  return spawn('sleep', ['300'], { detached: true, stdio: 'ignore' }).pid
}
