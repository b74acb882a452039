import { Command } from 'commander'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { healthyHost } from '../../../../test/support/fixtures/healthy-hosts.ts'
import { checks } from '../../../checks/catalog.generated.ts'
import { registerPrecheck } from './precheck.ts'
import { parseIgnored, parseRoles, runPrechecks } from './run-prechecks.ts'

const written: string[] = []
beforeEach(() => {
  written.length = 0
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0)
})
afterEach(() => vi.restoreAllMocks())

async function run(...args: string[]): Promise<string> {
  const program = new Command('agent').exitOverride()
  registerPrecheck(program)
  await program.parseAsync(['precheck', ...args], { from: 'user' })
  return written.join('')
}

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }

test('a healthy machine passes all checks; without credentials those that need a controller are skipped', async () => {
  const { results, hardFailures } = await runPrechecks({ view: healthyHost(), params, ignore: new Map() })
  const { pass = [], skipped = [], ...others } = Object.groupBy(results, ({ verdict }) => verdict)
  expect(others).toEqual({})
  expect(hardFailures).toBe(0)
  expect(skipped.map(({ id }) => id)).toEqual(expect.arrayContaining(['controller', 'time-skew']))
  expect(skipped.every(({ found }) => found.length > 0)).toBe(true)
  expect(pass.length + skipped.length).toBe(checks.length)
})

test('prechecks change nothing', async () => {
  const host = healthyHost()
  const before = host.files.snapshot()
  await runPrechecks({ view: host, params, ignore: new Map() })
  expect(host.files.snapshot()).toEqual(before)
  expect(host.changes).toEqual([])
})

test('a hard failure counts unless it is ignored; a strict one cannot be ignored', async () => {
  const host = healthyHost()
  host.files.seed('/etc/resolv.conf', 'nameserver 192.0.2.53\noptions rotate\n')
  Object.assign(host.machine.facts, { uid: 1000 })
  const bad = await runPrechecks({ view: host, params, ignore: new Map() })
  expect(bad.hardFailures).toBe(2)
  const ignore = parseIgnored(['resolv-conf=the admin said so', 'privilege'])
  const { results, hardFailures } = await runPrechecks({ view: host, params, ignore })
  expect(hardFailures).toBe(1)
  expect(results.find(({ id }) => id === 'resolv-conf')).toMatchObject({
    verdict: 'warn',
    ignored: 'the admin said so',
  })
  expect(results.find(({ id }) => id === 'privilege')).toMatchObject({ verdict: 'fail' })
})

test('--list names every check, --explain explains one', async () => {
  const list = await run('--list')
  for (const { id, title } of checks)
    expect(list).toMatch(new RegExp(`^${id} +${title.replace(/[()]/g, '\\$&')}$`, 'm'))
  written.length = 0
  expect(await run('--explain', 'dns-port')).toMatch(/^dns-port: Port 53.*--ignore-check dns-port=REASON/s)
  written.length = 0
  expect(await run('--explain', 'privilege')).toContain('cannot be ignored')
  expect(await run('--explain', 'swap')).toContain('--fix can fix it')
  written.length = 0
  expect(await run('--explain', 'mtu')).toMatch(/^MTU: warning: less than 1330\n\nFix: Raise the MTU/m)
})

test.each([
  [['--explain', 'nope'], 'unknown check "nope"'],
  [['--role', 'boss'], 'unknown role boss'],
  [['-o', 'yaml'], 'unknown output format: -o yaml'],
  [['--ignore-check', 'nope=x'], 'unknown check "nope"'],
  [['--creds-file', 'a.pem'], 'only one of the two credentials files'],
  [['--fix', '-o', 'json'], '--fix asks for confirmation, which is not possible with -o json'],
])('%j is a usage error', async (args, message) => {
  await expect(run(...args)).rejects.toMatchObject({ kind: 'invalid', message: expect.stringContaining(message) })
})

test('roles and ignored checks as they are written on the command line', () => {
  expect(parseRoles(['master,worker', 'storage'])).toEqual(['master', 'worker', 'storage'])
  expect(parseIgnored(['ntp', 'os=a=b'])).toEqual(
    new Map([
      ['ntp', 'no reason given'],
      ['os', 'a=b'],
    ]),
  )
})
