import { expect, test } from 'vitest'
import { type FakeHost, fakeHost } from '../../../test/support/fake-host.ts'
import { pathsOf } from '../paths.ts'
import { installAgent } from './install-agent.ts'
import type { InstallParams } from './params.ts'

const paths = pathsOf()
const STARTED = '/home/bob/agent'
const params = { paths, executable: STARTED } as InstallParams

function machineOfBob(): FakeHost {
  const host = fakeHost()
  host.files.seed(STARTED, 'agent', { uid: 1000, gid: 1000, mode: 0o755 })
  return host
}

test.each<[string, (host: FakeHost) => void]>([
  ['no file exists', () => undefined],
  [
    'an earlier agent hard-linked the file that was started',
    (host) => host.files.seedHardLink(paths.executable, STARTED),
  ],
  ['another user owns it', (host) => host.files.seed(paths.executable, 'agent', { uid: 1000, mode: 0o755 })],
  ['its group is not that of root', (host) => host.files.seed(paths.executable, 'agent', { gid: 50, mode: 0o755 })],
  ['its group can write it', (host) => host.files.seed(paths.executable, 'agent', { mode: 0o775 })],
  ['it is another version', (host) => host.files.seed(paths.executable, 'other', { mode: 0o755 })],
  ['it is a link', (host) => host.files.seedLink(paths.executable, STARTED)],
])('if %s, the agent becomes a file that only root can write', async (_, spoil) => {
  const host = machineOfBob()
  spoil(host)
  expect(await installAgent.isDone(host, params)).toBe(false)
  await installAgent.apply(host, params, {} as never)
  expect(await installAgent.isDone(host, params)).toBe(true)
  expect(await host.stat(paths.executable)).toMatchObject({ kind: 'file', uid: 0, gid: 0, mode: 0o755, links: 1 })
  expect(await host.stat(STARTED)).toMatchObject({ uid: 1000, links: 1 })
})
