import type { Outcome } from '../../src/engine/event.ts'
import { runRole } from '../../src/engine/run-steps.ts'
import type { Role } from '../../src/engine/step.ts'
import { type UndoReport, undoRuns } from '../../src/engine/undo-run.ts'
import { AgentError } from '../../src/errors/agent-error.ts'
import type { DurableLog } from '../../src/host/durable-log.ts'
import type { Machine } from '../../src/host/machine.ts'
import { recordingHost } from '../../src/host/recording.ts'
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts'
import { type FakeMachine, fakeMachine } from '../support/fake-machine.ts'

export class Crash extends Error {}

const effects = new Set<PropertyKey>([
  'writeFile',
  'createDirectory',
  'installFile',
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

/**
 * A machine in memory, its ledger, and a crash that comes when the given number of moments has passed. Moments lie
 * before and after each append to the ledger and each effect. From the crash on nothing reaches the machine or the
 * ledger; what was appended without a sync is lost, but for as much of it as `luck` says.
 */
export class CrashingWorld {
  readonly machine: FakeMachine = fakeMachine()
  moments = 0
  private crashAt = Number.POSITIVE_INFINITY
  private effects = 0
  private failAt = Number.POSITIVE_INFINITY
  private crashed = false
  private durable: Buffer = Buffer.alloc(0)
  private unsynced: Buffer = Buffer.alloc(0)

  /** Whether the work came to its end without a crash. */
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

  /** The effect of that number fails, as on a full disk; nothing crashes. Whether it came to that. */
  async failOnce(failAt: number, work: (ledger: Ledger, machine: Machine) => Promise<unknown>): Promise<boolean> {
    this.effects = 0
    this.failAt = failAt
    await this.survive(Number.POSITIVE_INFINITY, 1, work)
    this.failAt = Number.POSITIVE_INFINITY
    return this.effects >= failAt
  }

  /** What must be the same before and after: all but our own state directory. */
  snapshot(): unknown {
    const files = Object.entries(this.machine.files.snapshot()).filter(([path]) => !path.startsWith('/var/lib/cantrip'))
    // A unit that systemd never heard of and one that is off are the same to everybody.
    const units = [...this.machine.units].filter(([, state]) => state.enabled || state.active).sort()
    return { files, units, modules: [...this.machine.modules].sort() }
  }

  get ledgerBytes(): Buffer {
    return Buffer.concat([this.durable, this.unsynced])
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
      if (!effects.has(name)) return [name, value]
      const effect = async (...args: unknown[]) => {
        this.moment()
        this.effects += 1
        if (this.effects === this.failAt) throw new AgentError('disk/full', 'no space is left', { fix: 'make room' })
        const result = await value(...args)
        this.moment()
        return result
      }
      return [name, effect]
    })
    return Object.fromEntries(entries) as Machine
  }

  private log(): DurableLog {
    return {
      read: async () => this.ledgerBytes,
      append: async (bytes, sync) => {
        this.moment()
        this.unsynced = Buffer.concat([this.unsynced, bytes])
        this.moment()
        if (!sync) return
        this.durable = this.ledgerBytes
        this.unsynced = Buffer.alloc(0)
        this.moment()
      },
      replace: async (good) => {
        this.durable = Buffer.from(good)
        this.unsynced = Buffer.alloc(0)
        return 'ledger.damaged'
      },
      close: async () => undefined,
    }
  }
}

export async function carryOut<P>(role: Role<P>, params: P, ledger: Ledger, machine: Machine): Promise<Outcome> {
  return runRole({
    role,
    params,
    run: 'r-1',
    view: machine,
    hostFor: (record) => recordingHost({ machine, record, backupDirectory: '/var/lib/cantrip/backups' }),
    ledger,
    emit() {},
    signal: new AbortController().signal,
  })
}

export async function takeBack(ledger: Ledger, machine: Machine): Promise<UndoReport> {
  return undoRuns({ ledger, machine, run: 'r-2', role: 'uninstall', emit() {}, signal: new AbortController().signal })
}
