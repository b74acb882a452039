import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { procFiles } from '../../../test/support/fixtures/proc-net.ts'
import { NetworkError } from '../../host/network.ts'
import { check } from './check.ts'
import { isExempt } from './no-proxy.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const EXEMPT = 'localhost,10.0.2.0/24,fd42::/16,10.244.0.0/16,10.96.0.0/12,.svc,.cluster.local'

function machine(environment: string, proxy: 'answers' | 'is-gone' = 'answers') {
  const host = fakeHost({
    ...procFiles([]),
    directories: ['/run/systemd/system'],
    commands: { 'systemctl show-environment': { stdout: `LANG=C.UTF-8\nPATH=/usr/bin:/bin\n${environment}` } },
  })
  const gone = new NetworkError(
    'tcp',
    'proxy.example.com (192.0.2.8:3128): connection refused (no program listens on this port)',
  )
  host.network.onRequest('http://proxy.example.com:3128', proxy === 'answers' ? { status: 400 } : gone)
  return host
}
const SET = 'HTTPS_PROXY=http://me:hunter2@proxy.example.com:3128\n'

test.each([
  ['no proxy', '', 'none'],
  ['a proxy with an exemption for the cluster', `${SET}NO_PROXY=${EXEMPT}\n`, 'proxy.example.com:3128'],
  [
    'in small letters, without a scheme',
    `http_proxy=proxy.example.com:3128\nno_proxy=${EXEMPT}\n`,
    'proxy.example.com:3128',
  ],
  ['a proxy with everything exempt', `${SET}no_proxy=*\n`, 'proxy.example.com:3128'],
  ['quoted by systemd', `${SET}NO_PROXY=$'${EXEMPT.replaceAll(',', ', ')}'\n`, 'proxy.example.com:3128'],
])('%s passes', async (_, environment, found) => {
  expect(await check.look(machine(environment), params)).toEqual({ kind: 'pass', found })
})

test('a proxy that does not answer with HTTP is reachable', async () => {
  const host = machine(`${SET}NO_PROXY=${EXEMPT}\n`)
  host.network.onRequest('http://proxy.example.com:3128', new NetworkError('http', 'Parse Error'))
  expect(await check.look(host, params)).toMatchObject({ kind: 'pass' })
})

test('a proxy without exemptions for the cluster: the missing entries, and how to set them', async () => {
  const verdict = await check.look(machine(`${SET}NO_PROXY=localhost,10.0.2.10,10.244.0.0/24\n`), params)
  expect(verdict).toMatchObject({
    kind: 'warn',
    found: 'NO_PROXY does not contain 10.244.0.0/16, 10.96.0.0/12, .svc',
    fix: expect.stringContaining(
      'systemctl set-environment NO_PROXY=localhost,10.0.2.10,10.244.0.0/24,10.244.0.0/16,10.96.0.0/12,.svc',
    ),
  })
  expect(JSON.stringify(verdict)).not.toContain('hunter2')
})

test('spaces and globs in NO_PROXY: the fix can be pasted', async () => {
  const blanks = "NO_PROXY=$'10.0.0.0/8, *.corp.example ,localhost'\n"
  const settings = (name: string) => `${name}=10.0.0.0/8,*.corp.example,localhost,.svc`
  const verdict = await check.look(machine(SET + blanks), params)
  const [now, , atBoot] = verdict.kind === 'warn' ? verdict.fix.split(' && ') : []
  expect(now).toBe(`systemctl set-environment '${settings('NO_PROXY')}' '${settings('no_proxy')}'`)
  expect(atBoot).toBe(
    `printf '%s\\n' '[Manager]' 'DefaultEnvironment="${settings('NO_PROXY')}" "${settings('no_proxy')}"' > /etc/systemd/system.conf.d/90-no-proxy.conf`,
  )
})

test('an unreachable proxy', async () => {
  const verdict = await check.look(machine(`${SET}NO_PROXY=${EXEMPT}\n`, 'is-gone'), params)
  expect(verdict).toMatchObject({
    kind: 'warn',
    found: expect.stringMatching(/^proxy proxy\.example\.com:3128: .*connection refused/),
  })
  expect(JSON.stringify(verdict)).not.toContain('hunter2')
})

test('the proxy of --proxy is only for the agent and needs no exemptions', async () => {
  const proxy = { url: 'http://me:hunter2@proxy.example.com:3128' }
  const controller = { urls: [], ca: '', cert: '', key: '', proxy }
  const found = 'proxy.example.com:3128'
  expect(await check.look(machine(''), { ...params, controller })).toEqual({ kind: 'pass', found })
})

test('an invalid address is not shown: it can contain a password', async () => {
  const verdict = await check.look(machine(`https_proxy=http://me:hunter2@/\nno_proxy=*\n`), params)
  expect(verdict).toMatchObject({ found: 'https_proxy is not a URL of the form http://host:port' })
  expect(JSON.stringify(verdict)).not.toContain('hunter2')
})

test.each([
  ['10.0.2.10', '10.0.2.10', true],
  ['10.0.2.10', '10.0.2.0/24', true],
  ['10.0.2.10', '10.0.3.0/24', false],
  ['10.244.0.0/16', '10.0.0.0/8', true],
  ['10.244.0.0/16', '10.244.0.0/24', false],
  ['10.244.0.0/16', '10.244.', false],
  ['fd42::10', 'fd42::/16', true],
  ['fd42::10', '10.0.0.0/8', false],
  ['.svc', '.svc', true],
  ['.svc', 'svc', true],
  ['.svc', '*.svc', true],
  ['.svc', '.cluster.local', false],
  ['.svc', '', false],
  ['.svc', 'localhost *', true],
])('%s is exempt by NO_PROXY=%s: %s', (target, noProxy, expected) => {
  expect(isExempt(target, noProxy)).toBe(expected)
})
