import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { CRASHING, KUBELET_JOURNAL } from '../../../test/support/fixtures/kubelet-journal.ts'
import { AgentError } from '../../base/agent-error.ts'
import { watchPods } from './watch-pods.ts'

const API_SERVER = { pods: ['kube-system/kube-apiserver-n1'], maxFailures: 3 }
const LOG = '/var/log/pods/kube-system_kube-apiserver-n1_0e1d/kube-apiserver'
const NO_SANDBOX = KUBELET_JOURNAL.split('\n').slice(0, 4).join('\n').concat('\n')
const line = (text: string) => `2026-11-29T01:29:01.123456789Z stderr F ${text}\n`

function machine(journal: string) {
  return fakeHost({
    commands: { journalctl: { stdout: journal } },
    files: { [`${LOG}/1.log`]: line('"command failed" err="unknown flag: --nonsense"'), [`${LOG}/2.log`]: '' },
  })
}

test('a static pod that keeps exiting fails with the end of its log', async () => {
  const host = machine(CRASHING('10s') + CRASHING('10s') + CRASHING('20s'))
  expect(await watchPods(API_SERVER).look(host)).toMatchObject({
    code: 'pod/failed',
    message:
      'container kube-apiserver of pod kube-system/kube-apiserver-n1: exited 3 times in a row: "command failed" err="unknown flag: --nonsense"',
    fix: expect.stringContaining(LOG),
  })
})

test.each([
  ['ended twice, as one does that came before etcd', CRASHING('10s') + CRASHING('10s')],
  ['one sandbox that was not made, and images that were missing once', KUBELET_JOURNAL],
  ['another pod', CRASHING('10s', 'web', 'web') + CRASHING('20s', 'web', 'web')],
  [
    'a pod that came before the pod network',
    NO_SANDBOX.replaceAll('failed to start sandbox', 'failed to setup network for sandbox').repeat(9),
  ],
  ['an empty journal', ''],
])('%s: the wait continues', async (_, journal) => {
  expect(await watchPods(API_SERVER).look(machine(journal))).toBe('runs')
})

test.each([
  ['no sandbox three times', NO_SANDBOX.repeat(3), /CreatePodSandboxError: .*final child's PID from pipe: EOF/],
  [
    'a manifest that cannot be read, twice',
    KUBELET_JOURNAL.split('\n').at(-2)?.concat('\n').repeat(2) ?? '',
    /kube-apiserver\.yaml: ManifestNotReadable: .*couldn't parse as pod/,
  ],
])('%s: the pod has failed', async (_, journal, message) => {
  const found = await watchPods(API_SERVER).look(machine(journal))
  expect(found).toBeInstanceOf(AgentError)
  expect((found as AgentError).message).toMatch(message)
})

test('a pod that ran for a while each time has not failed: on a slow machine probes and leases time out', async () => {
  const host = machine(CRASHING('10s') + CRASHING('20s'))
  const later = line('"leaderelection lost"').replace('01:29:01', '01:29:25')
  host.files.seed(`${LOG}/1.log`, line('"Serving securely"') + later)
  expect(await watchPods(API_SERVER).look(host)).toBe('runs')
})

test('reads the journal at most every 3 s, from the first look on', async () => {
  const host = machine('')
  const watch = watchPods(API_SERVER)
  const since = Math.floor(host.clock.nowMs / 1000)
  for (let second = 0; second < 9; second++) {
    await watch.look(host)
    await host.sleep(1_000)
  }
  expect(host.calls).toHaveLength(3)
  expect(new Set(host.calls.map((argv) => argv.find((word) => word.startsWith('--since'))))).toEqual(
    new Set([`--since=@${since}`]),
  )
})

test('a wait that times out also has the end of the log', async () => {
  expect(await watchPods(API_SERVER).lastLines(machine(CRASHING('10s')))).toEqual([
    '"command failed" err="unknown flag: --nonsense"',
  ])
})
