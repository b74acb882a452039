import { AgentError } from '../../src/base/agent-error.ts'
import type { Outcome } from '../../src/engine/event.ts'
import { runWorkflow } from '../../src/engine/run-workflow.ts'
import type { Workflow } from '../../src/engine/step.ts'
import { type UndoReport, undoRuns } from '../../src/engine/undo-run.ts'
import type { DurableLog } from '../../src/host/durable-log.ts'
import type { Machine } from '../../src/host/machine.ts'
import { recordingHost } from '../../src/host/recording.ts'
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts'
import { type FakeMachine, fakeMachine } from '../support/fake-machine.ts'

class Crash extends Error {}

const effects = new Set<PropertyKey>([
  'writeFile',
  'createDirectory',
  'installFile',
  'moveFile',
  'createLink',
  'setMode',
  'unlink',
  'removeDirectory',
  'removeTree',
  'backUp',
  'restoreFile',
  'execute',
  'download',
  'setUnit',
  'restartUnit',
  'daemonReload',
  'writeSysctl',
  'loadModule',
  'unloadModule',
  'kill',
])
const looks = new Set<PropertyKey>(['ask', 'sleep'])

export type Effect = (...args: unknown[]) => Promise<unknown>

/** Behaviour of the environment that is added to the bare machine. */
export interface Surroundings {
  machine: FakeMachine
  /** Performs part of an effect, as if it were interrupted. */
  tear(name: string, args: unknown[], effect: Effect): Promise<void>
  /** Simulates other programs after an effect. */
  settle(): void
  onEffect(name: string, args: unknown[]): void
  /** The file of the ledger. The ledger is lost with this file. */
  ledgerFile?: string
}

/** A failure without a crash: the effect or ledger append with number `at` fails. */
export interface Failure {
  at: number
  of: 'effect' | 'append'
  error: () => AgentError
  /** It is partly done before it fails. */
  isTorn?: boolean
}

/**
 * A machine in memory with its ledger, and a crash after a given number of moments. There are moments before, during and
 * after each append to the ledger and each effect. After the crash nothing reaches the machine or the ledger. Of the bytes
 * that were appended without a sync, the share `luck` is kept.
 */
export class CrashingWorld {
  readonly machine: FakeMachine
  moments = 0
  private readonly surroundings: Surroundings
  private crashAt = Number.POSITIVE_INFINITY
  private failure: Failure | undefined
  private counts = { effect: 0, append: 0 }
  private crashed = false
  private durable: Buffer = Buffer.alloc(0)
  private unsynced: Buffer = Buffer.alloc(0)

  constructor(surroundings: Partial<Surroundings> = {}) {
    const machine = surroundings.machine ?? fakeMachine()
    const tear = async () => undefined
    this.surroundings = { tear, settle() {}, onEffect() {}, ...surroundings, machine }
    this.machine = machine
  }

  /** Returns whether the work ended without a crash. */
  async survive(
    crashAt: number,
    luck: number,
    work: (ledger: Ledger, machine: Machine) => Promise<unknown>,
  ): Promise<boolean> {
    this.moments = 0
    this.crashAt = crashAt
    this.crashed = false
    try {
      const ledger = await openLedger(this.log())
      await work(ledger, this.crashing())
      await ledger.close()
    } catch (error) {
      if (!(error instanceof Crash)) throw error
    }
    if (!this.crashed) return true
    const written = Math.floor(this.unsynced.length * luck)
    this.durable = Buffer.concat([this.durable, this.unsynced.subarray(0, written)])
    this.unsynced = Buffer.alloc(0)
    return false
  }

  /** Runs work with one failure, as on a full disk, and without a crash. Returns whether the failure happened. */
  async fail(failure: Failure, work: (ledger: Ledger, machine: Machine) => Promise<unknown>): Promise<boolean> {
    this.counts = { effect: 0, append: 0 }
    this.failure = failure
    try {
      await this.survive(Number.POSITIVE_INFINITY, 1, work)
    } finally {
      this.failure = undefined
    }
    return this.counts[failure.of] >= failure.at
  }

  /** Fails the effect with this number. Returns whether it happened. */
  async failOnce(at: number, work: (ledger: Ledger, machine: Machine) => Promise<unknown>): Promise<boolean> {
    const error = () => new AgentError('disk/full', 'no space is left', { fix: 'make room' })
    return this.fail({ at, of: 'effect', error }, work)
  }

  /** What must be the same before and after: everything except Cantrip's state directory. */
  snapshot(): unknown {
    const files = Object.entries(this.machine.files.snapshot()).filter(([path]) => !path.startsWith('/var/lib/cantrip'))
    // An unknown unit and a disabled, stopped unit are equivalent.
    const units = [...this.machine.units].filter(([, state]) => state.enabled || state.active).sort()
    return { files, units, modules: [...this.machine.modules].sort() }
  }

  get ledgerBytes(): Buffer {
    return Buffer.concat([this.durable, this.unsynced])
  }

  /** The bytes that would survive a power cut now. */
  get durableBytes(): Buffer {
    return this.durable
  }

  set ledgerBytes(bytes: Buffer) {
    this.durable = bytes
    this.unsynced = Buffer.alloc(0)
  }

  private moment(): void {
    if (this.crashed) throw new Crash()
    this.moments += 1
    if (this.moments <= this.crashAt) return
    this.crashed = true
    throw new Crash()
  }

  private crashing(): Machine {
    const entries = Object.entries(this.machine).map(([name, value]) => {
      if (looks.has(name)) return [name, (...args: unknown[]) => this.look(value, args)]
      return [name, effects.has(name) ? (...args: unknown[]) => this.act(name, value, args) : value]
    })
    return Object.fromEntries(entries) as Machine
  }

  private look(look: Effect, args: unknown[]): Promise<unknown> {
    if (this.crashed) throw new Crash()
    this.surroundings.settle()
    return look(...args)
  }

  private async act(name: string, effect: Effect, args: unknown[]): Promise<unknown> {
    const { tear, settle, onEffect } = this.surroundings
    this.moment()
    this.counts.effect += 1
    const { failure } = this
    if (failure?.of === 'effect' && this.counts.effect === failure.at) {
      if (failure.isTorn) await tear(name, args, effect)
      throw failure.error()
    }
    onEffect(name, args)
    if (this.moments === this.crashAt) {
      this.crashed = true
      await tear(name, args, effect)
      throw new Crash()
    }
    this.moments += 1
    const result = await effect(...args)
    if (this.crashed) throw new Crash()
    settle()
    this.moment()
    return result
  }

  private append(bytes: Uint8Array, sync: boolean): void {
    this.moment()
    this.counts.append += 1
    const { failure } = this
    // Like the real log, it refuses all appends after a failure.
    if (failure?.of === 'append' && this.counts.append >= failure.at) {
      if (failure.isTorn && this.counts.append === failure.at) this.write(bytes.subarray(0, bytes.length / 2))
      throw failure.error()
    }
    this.write(bytes)
    this.moment()
    if (!sync) return
    this.durable = this.ledgerBytes
    this.unsynced = Buffer.alloc(0)
    this.moment()
  }

  private write(bytes: Uint8Array): void {
    this.unsynced = Buffer.concat([this.unsynced, bytes])
  }

  private log(): DurableLog {
    const { ledgerFile } = this.surroundings
    const { files } = this.machine
    return {
      read: async () => {
        if (ledgerFile !== undefined && files.get(ledgerFile) === undefined) {
          this.ledgerBytes = Buffer.alloc(0)
          files.seed(ledgerFile, '')
        }
        return this.ledgerBytes
      },
      append: async (bytes, sync) => this.append(bytes, sync),
      replace: async (good) => {
        this.ledgerBytes = Buffer.from(good)
        return 'ledger.damaged'
      },
      close: async () => undefined,
    }
  }
}

export async function execute<P>(workflow: Workflow<P>, params: P, ledger: Ledger, machine: Machine): Promise<Outcome> {
  return runWorkflow({
    workflow,
    params,
    run: 'r-1',
    view: machine,
    hostFor: (record) => recordingHost({ machine, record, backupDirectory: '/var/lib/cantrip/backups' }),
    ledger,
    emit() {},
    signal: new AbortController().signal,
  })
}

export async function undoAllRuns(ledger: Ledger, machine: Machine): Promise<UndoReport> {
  return undoRuns({ ledger, machine, run: 'r-2', role: 'uninstall', emit() {}, signal: new AbortController().signal })
}
