import { beforeEach, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../../../../test/support/manual-clock.ts'
import { openSignIn, type SignIn } from './sign-in.ts'

let clock: ManualClock
let signIn: SignIn
let checks: number
beforeEach(() => {
  clock = manualClock()
  signIn = openSignIn(clock.monotonicMs)
  checks = 0
})

/** `right`, `wrong`, or `limited`: no password was checked. */
async function attempt(source: string, isRight: boolean, account = 'alice', isKnown = false): Promise<string> {
  const check = async () => {
    checks++
    return isRight
  }
  try {
    return (await signIn.attempt({ source, account, isKnown }, check)) ? 'right' : 'wrong'
  } catch (error) {
    expect(error).toMatchObject({ code: 'limit/logins', kind: 'refused' })
    return 'limited'
  }
}
async function repeated(count: number, work: () => Promise<string>): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (let each = 0; each < count; each++) {
    const outcome = await work()
    found[outcome] = (found[outcome] ?? 0) + 1
  }
  return found
}

it('an address waits longer after each failure with a name, and the owner of the name does not', async () => {
  expect(await repeated(10, () => attempt('10.0.0.1', false))).toEqual({ wrong: 5, limited: 5 })
  expect(await attempt('10.0.0.2', true)).toBe('right')
  expect(await attempt('10.0.0.1', true, 'bob')).toBe('right')
  clock.advance(1_000)
  expect(await repeated(3, () => attempt('10.0.0.1', false))).toEqual({ wrong: 1, limited: 2 })
  clock.advance(1_000)
  expect(await attempt('10.0.0.1', true)).toBe('limited')
  clock.advance(1_000)
  expect(await attempt('10.0.0.1', true)).toBe('right')
  expect(await attempt('10.0.0.1', false)).toBe('wrong')
})

it('an address has a limited number of attempts with all names, and others have their own', async () => {
  let at = 0
  expect(await repeated(1_000, () => attempt('10.0.0.1', false, `name-${at++}`))).toEqual({ wrong: 30, limited: 970 })
  expect(await attempt('10.0.0.2', true)).toBe('right')
})

it('many addresses guess few passwords of a name, and keep nobody out who has a session from there', async () => {
  let at = 0
  expect(await repeated(1_000, () => attempt(`10.0.${at % 250}.${at++}`, false))).toEqual({ wrong: 100, limited: 900 })
  expect(await attempt('192.0.2.1', true)).toBe('limited')
  expect(await attempt('192.0.2.1', true, 'alice', true)).toBe('right')
})

it('checks one password at a time, and few wait', async () => {
  let running = 0
  let most = 0
  const slow = async () => {
    running++
    most = Math.max(most, running)
    await new Promise((resolve) => setImmediate(resolve))
    running--
    return true
  }
  const all = Array.from({ length: 100 }, (_, at) =>
    signIn.attempt({ source: `10.0.0.${at % 20}`, account: `a-${at}`, isKnown: false }, slow).then(
      () => 'right',
      () => 'limited',
    ),
  )
  const outcomes = await Promise.all(all)
  expect(most).toBe(1)
  // One is in work, and 32 wait.
  expect(outcomes.filter((each) => each === 'right')).toHaveLength(33)
  expect(await attempt('10.0.0.1', true)).toBe('right')
})

it('a check that fails with an error ends its turn', async () => {
  const broken = () => Promise.reject(new Error('no memory'))
  await expect(signIn.attempt({ source: 'a', account: 'b', isKnown: false }, broken)).rejects.toThrow('no memory')
  expect(await attempt('a', true, 'b')).toBe('right')
  expect(checks).toBe(1)
})

/** Attempts that all begin now; the order in which those that were not refused had their turn. */
async function turns(sources: readonly string[]): Promise<string[]> {
  const order: string[] = []
  const attempts = sources.map((source, at) =>
    signIn
      .attempt({ source, account: `a-${at}`, isKnown: false }, async () => {
        await new Promise((resolve) => setImmediate(resolve))
        order.push(source)
        return true
      })
      .catch(() => false),
  )
  await Promise.all(attempts)
  return order
}

it.each([
  ['all addresses of a /24', Array.from({ length: 256 }, (_, at) => `203.0.113.${at}`)],
  ['networks of a /48', Array.from({ length: 256 }, (_, at) => `2001:db8:1:${at.toString(16)}::/64`)],
])('%s fill the queue, and keep nobody else out: they wait for one of them', async (_, flood) => {
  const order = await turns([...flood, '10.0.0.1', '2001:db8:2:1::/64', '10.0.1.1', ...flood])
  const others = order.flatMap((source, at) => (flood.includes(source) ? [] : [at]))
  // The first one is in work already, and the next one of the same network has its turn.
  expect(others).toEqual([2, 3, 4])
})

it('when as many networks as can wait have one each, a further one is refused', async () => {
  const all = Array.from({ length: 40 }, (_, at) => `10.0.${at}.1`)
  expect(await turns(all)).toEqual(all.slice(0, 33))
})
