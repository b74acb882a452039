import { refusal } from '../../domain/admission.ts'
import { Rate } from '../../rate.ts'
import { openFairQueue } from './fair-queue.ts'

/** Attempts of one address, right or wrong. */
const PER_SOURCE = { perSecond: 1, burst: 30 }
/** Attempts with one name from addresses that have no session of it: guesses of many machines. */
const PER_ACCOUNT = { perSecond: 0.1, burst: 100 }
/** Failures of one address with one name before it has to wait; each further one doubles the time. */
const FREE_FAILURES = 5
const LONGEST_DELAY_MS = 60_000
/** A password takes 19 MiB and 35 ms of one core, and one is checked at a time. Networks take turns. */
const WAITING = 32
const WAITING_PER_SOURCE = 4
const MOST_REMEMBERED = 10_000

interface Attempt {
  /** The address, or the network of it that one machine has (see sourceOf). */
  source: string
  account: string
  /** Whether the address has a session of the account: guesses of others must not keep its owner out. */
  isKnown: boolean
}

export interface SignIn {
  /** Returns what the check of the password returns. Throws `limit/logins` without any work. */
  attempt(attempt: Attempt, check: () => Promise<boolean>): Promise<boolean>
}

interface Failures {
  count: number
  notBeforeMs: number
}

/** Limits what attempts to sign in cost, and how many passwords can be guessed. It locks no account. */
export function openSignIn(monotonicMs: () => number): SignIn {
  const admitSource = openSources(monotonicMs)
  const ofAccount = new Map<string, Rate>()
  const failures = new Map<string, Failures>()
  const queue = openFairQueue({ most: WAITING, mostOfSource: WAITING_PER_SOURCE }, () => tooMany(5))

  function admit({ source, account, isKnown }: Attempt, key: string): void {
    const nowMs = monotonicMs()
    const pauseMs = (failures.get(key)?.notBeforeMs ?? 0) - nowMs
    if (pauseMs > 0) throw tooMany(Math.ceil(pauseMs / 1_000))
    admitSource(source)
    if (!isKnown && !rateOf(ofAccount, account, PER_ACCOUNT, nowMs).tryTake(nowMs)) throw tooMany(10)
  }
  function note(key: string, isRight: boolean): void {
    if (isRight) {
      failures.delete(key)
      return
    }
    const count = (failures.get(key)?.count ?? 0) + 1
    const delayMs = count < FREE_FAILURES ? 0 : Math.min(1_000 * 2 ** (count - FREE_FAILURES), LONGEST_DELAY_MS)
    remember(failures, key, { count, notBeforeMs: monotonicMs() + delayMs })
  }
  return {
    async attempt(attempt, check) {
      const { source } = attempt
      const key = `${source} ${attempt.account}`
      admit(attempt, key)
      const isRight = await queue.run(source, check)
      note(key, isRight)
      return isRight
    },
  }
}

/** Limits the attempts of each address. What it returns throws `limit/logins`. */
export function openSources(monotonicMs: () => number): (source: string) => void {
  const rates = new Map<string, Rate>()
  return (source) => {
    const nowMs = monotonicMs()
    if (!rateOf(rates, source, PER_SOURCE, nowMs).tryTake(nowMs)) throw tooMany(5)
  }
}

function rateOf(rates: Map<string, Rate>, key: string, { perSecond, burst }: typeof PER_SOURCE, nowMs: number): Rate {
  return remember(rates, key, rates.get(key) ?? new Rate(perSecond, burst, nowMs))
}

function remember<T>(map: Map<string, T>, key: string, value: T): T {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > MOST_REMEMBERED && oldest !== undefined) map.delete(oldest)
  return value
}

const tooMany = (seconds: number) =>
  refusal('limit/logins', 'found too many attempts to sign in', `wait for ${seconds} seconds, then sign in again`)
