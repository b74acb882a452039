import { install } from '../../../src/agent/install/workflow.ts'
import { undoChangesOn } from '../../../src/agent/restore/undo-changes.ts'
import { whileStopped } from '../../../src/agent/service/while-stopped.ts'
import type { AgentError } from '../../../src/base/agent-error.ts'
import type { Outcome } from '../../../src/engine/event.ts'
import { runWorkflow } from '../../../src/engine/run-workflow.ts'
import type { Workflow } from '../../../src/engine/step.ts'
import type { Machine } from '../../../src/host/machine.ts'
import { recordingHost } from '../../../src/host/recording.ts'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import { firstMaster } from '../../../src/roles/first-master.ts'
import { CrashingWorld, type Effect, type Failure } from '../crashing-world.ts'
import { installParams, ModelNode } from './node.ts'
import { tearing } from './torn.ts'
import { writeAhead } from './write-ahead.ts'

const { paths } = installParams
const emit = () => undefined
const { signal } = new AbortController()

/** What an administrator or the controller does to a node, with the real roles and the real undo. */
export type Verb = 'install' | 'provision' | 'reset' | 'uninstall'

/** A crash at a moment of the work. A power cut also loses memory and unsynced parts of the ledger. */
export interface CrashPoint {
  at: number
  powerCut: boolean
}

export class History {
  readonly node = new ModelNode()
  readonly world: CrashingWorld
  private random: () => number = () => 0.5
  private written = writeAhead()

  constructor() {
    const { fake, machine } = this.node
    const tear = (name: string, args: unknown[], effect: Effect) => tearing(fake, this.random)(name, args, effect)
    const ledgerFile = `${paths.ledgerDirectory}/ledger.jsonl`
    const settle = () => this.node.settle()
    const onEffect = (name: string, args: unknown[]) => this.written.check(this.world.durableBytes, name, args)
    this.world = new CrashingWorld({ machine, tear, settle, onEffect, ledgerFile })
  }

  /** Saves the state. The returned function restores it, with a new random generator. */
  save(): (random: () => number) => void {
    const load = this.node.save()
    const bytes = this.world.ledgerBytes
    return (random) => {
      load()
      this.world.ledgerBytes = bytes
      this.written = writeAhead()
      this.random = random
    }
  }

  /** Runs to the end. Throws unless the outcome is `done`. */
  async finish(verb: Verb): Promise<void> {
    let outcome: Outcome | undefined
    await this.world.survive(Number.POSITIVE_INFINITY, 1, async (ledger, machine) => {
      outcome = await this.execute(verb, ledger, machine)
    })
    if (outcome !== 'done') throw new Error(`${verb} ended ${outcome}: ${this.messages.join('\n')}`)
  }

  /** Returns whether the crash came before the end of the work. */
  async crash(verb: Verb, { at, powerCut }: CrashPoint): Promise<boolean> {
    const luck = powerCut ? this.random() : 1
    const survived = await this.world.survive(at, luck, (ledger, machine) => this.execute(verb, ledger, machine))
    if (!survived && powerCut) await this.node.reboot(this.random)
    return !survived
  }

  /** One write fails without a crash. Returns undefined if the work ended before that write. */
  async fail(verb: Verb, failure: Failure): Promise<Outcome | undefined> {
    let outcome: Outcome | undefined
    const came = await this.world.fail(failure, async (ledger, machine) => {
      outcome = await this.execute(verb, ledger, machine).catch((error: AgentError): Outcome => {
        this.messages.push(`${error.code} ${error.message}`)
        return 'failed'
      })
    })
    return came ? outcome : undefined
  }

  /** The messages of the last work: why it failed, and what it left behind. */
  messages: string[] = []

  async execute(verb: Verb, ledger: Ledger, machine: Machine): Promise<Outcome> {
    this.messages = []
    this.written.isOn = verb === 'install' || verb === 'provision'
    switch (verb) {
      case 'install':
        return this.run(install, installParams, 'install', ledger, machine)
      case 'provision':
        return this.run(firstMaster, this.node.fake.params, 'r-1', ledger, machine)
      case 'reset':
        return this.undoAllRuns('kubernetes', ledger, machine)
      case 'uninstall':
        return this.undoAllRuns('all', ledger, machine)
    }
  }

  private run<P>(workflow: Workflow<P>, params: P, run: string, ledger: Ledger, machine: Machine): Promise<Outcome> {
    const backupDirectory = `${paths.stateDirectory}/backups`
    return runWorkflow({
      ...{ workflow, params, run, view: machine, ledger, signal },
      hostFor: (record) => recordingHost({ machine, record, backupDirectory }),
      emit: (event) => {
        if ('error' in event && event.error) this.messages.push(`${event.error.code} ${event.error.message}`)
        if (event.kind === 'log' && event.level === 'error') this.messages.push(event.message)
      },
    })
  }

  private undoAllRuns(scope: 'kubernetes' | 'all', ledger: Ledger, machine: Machine): Promise<Outcome> {
    return whileStopped(paths, machine, scope === 'kubernetes', async () => {
      const taken = await undoChangesOn({ ledger, machine }, { paths, scope, run: scope, emit, signal })
      const { outcome, leftovers, kept, differences } = taken
      if (taken.restored && kept.length === 0) return outcome
      this.messages.push(JSON.stringify({ leftovers, kept, differences }, null, 2))
      return 'failed'
    })
  }
}
