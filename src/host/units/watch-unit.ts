import { AgentError } from '../../base/agent-error.ts'
import { command } from '../../base/command.ts'
import type { HostView } from '../host.ts'
import { journalText, quoted, reasonLines } from './log-lines.ts'
import { unitProperties } from './unit-properties.ts'
import type { Watch } from './wait-until.ts'

const PROPERTIES = ['LoadState', 'ActiveState', 'SubState', 'Result', 'ExecMainCode', 'ExecMainStatus', 'NRestarts']
/** Temporary reasons, such as a port that is not free yet, are over by then. */
const MOST_RESTARTS = 3
/** systemd.exec(5), "Process exit codes": from here on systemd could not start the program, and retrying does not help. */
const NOT_STARTED_FROM = 200
const STOPPED_MS = 10_000
/** A unit that has run for this long counts as started: later failures have another reason. */
const STARTED_MS = 60_000
/** Load states with which `systemctl start` fails. */
const NOT_LOADED = ['masked', 'not-found', 'bad-setting', 'error']

/**
 * Detects permanent failures of a unit: systemd has given up; the program could not be started (exit codes from 200 on); it
 * was restarted 3 times since the first look, or since it ran for a minute, exited the same way each time, and does not run
 * now; it ran, and has been stopped for 10 s; it is masked, or its file is missing. Other failures may be temporary, because
 * systemd restarts the unit.
 */
export function watchUnit(unit: string): Watch {
  const restarts = restartCounter()
  const stop = stopDetector()

  async function look(view: HostView): Promise<'runs' | 'coming' | AgentError> {
    const state = await unitProperties(view, unit, PROPERTIES)
    if (NOT_LOADED.includes(state.LoadState ?? '')) return notLoaded(unit, state.LoadState ?? '')
    const how = howItFailed(state) ?? stop(state, view.now().getTime()) ?? restarts.count(state, view.now().getTime())
    if (how !== undefined) return failed(view, unit, how)
    return state.ActiveState === 'active' ? 'runs' : 'coming'
  }

  return { look, forget: restarts.forget, lastLines: async (view) => reasonLines(await journalText(view, unit)) }
}

type State = Record<string, string>

function howItFailed(state: State): string | undefined {
  if (state.ActiveState === 'failed') return `failed (${endingOf(state)})`
  return isBetween(state) && isNotStartable(state) ? `cannot be started (${endingOf(state)})` : undefined
}

function stopDetector(): (state: State, nowMs: number) => string | undefined {
  let hasRun = false
  let sinceMs: number | undefined
  return ({ ActiveState }, nowMs) => {
    const isStopped = ActiveState === 'inactive'
    hasRun ||= !isStopped
    sinceMs = isStopped && hasRun ? (sinceMs ?? nowMs) : undefined
    return sinceMs !== undefined && nowMs - sinceMs >= STOPPED_MS ? 'is stopped' : undefined
  }
}

function restartCounter() {
  let base: number | undefined
  let ending: string | undefined
  const hasStarted = startDetector()
  return {
    forget() {
      base = undefined
      ending = undefined
    },
    count(state: State, nowMs: number): string | undefined {
      const restarts = Number(state.NRestarts ?? 0)
      if (hasStarted(state, nowMs)) base = restarts
      if (isBetween(state)) {
        // Another result has another reason, so the count begins again.
        if (ending !== undefined && ending !== endingOf(state)) base = restarts
        ending = endingOf(state)
      }
      // systemd resets its counter when the unit is started manually.
      if (base === undefined || restarts < base) base = restarts
      const since = restarts - base
      if (since < (isBetween(state) ? MOST_RESTARTS : MOST_RESTARTS + 1)) return undefined
      return `was restarted ${since} times and exited each time (${ending ?? endingOf(state)})`
    },
  }
}

function startDetector(): (state: State, nowMs: number) => boolean {
  let sinceMs: number | undefined
  return ({ ActiveState }, nowMs) => {
    sinceMs = ActiveState === 'active' ? (sinceMs ?? nowMs) : undefined
    return sinceMs !== undefined && nowMs - sinceMs >= STARTED_MS
  }
}

function isBetween({ SubState }: State): boolean {
  return SubState === 'auto-restart'
}

function isNotStartable({ Result, ExecMainStatus }: State): boolean {
  return Result === 'exit-code' && Number(ExecMainStatus) >= NOT_STARTED_FROM
}

/** CLD_EXITED of waitid(2); anything else is a signal. */
const EXITED = '1'

function endingOf({ Result = 'unknown', ExecMainCode, ExecMainStatus = '0' }: State): string {
  if (ExecMainCode === undefined || ExecMainStatus === '0') return Result
  return `${Result}, ${ExecMainCode === EXITED ? 'exit code' : 'signal'} ${ExecMainStatus}`
}

async function failed(view: HostView, unit: string, how: string): Promise<AgentError> {
  const lines = reasonLines(await journalText(view, unit))
  return new AgentError('unit/failed', `${unit} ${how}${quoted(lines)}`, {
    fix: `fix the problem that its log names (${command`journalctl -u ${unit} -e`} shows all of it), then run the same command again`,
    facts: { unit },
  })
}

function notLoaded(unit: string, state: string): AgentError {
  const fix =
    state === 'masked' ? command`systemctl unmask ${unit}` : `${command`systemctl status ${unit}`}, and fix its file`
  return new AgentError('unit/not-loaded', `${unit} cannot be started: its load state is ${state}`, {
    fix: `${fix}; then run the same command again`,
    facts: { unit },
  })
}
