import { expect, test } from 'vitest'
import { pathsOf } from '../../agent/paths.ts'
import type { ServiceStatus } from '../../agent/status.ts'
import { DEFAULT_VERSIONS } from '../../bundle/versions/sets.ts'
import { notRunning, statusText } from './status.ts'

const status: ServiceStatus = {
  state: 'READY',
  nodeId: 'n-7f3k',
  fingerprint: 'SHA256:abc',
  cluster: 'demo',
  controller: 'https://controller:8443',
  connected: true,
  run: null,
  agentVersion: '1.2.3',
  kubernetesVersion: DEFAULT_VERSIONS.kubernetes,
  problem: null,
}
const line = (change: Partial<ServiceStatus>, name: string) =>
  statusText({ ...status, ...change })
    .split('\n')
    .find((text) => text.startsWith(name))
    ?.slice(name.length)
    .trim()

test('the connection, and what it waits for', () => {
  const waiting = { state: 'DISCOVERED', connected: false, controller: null } as const
  const problem = { code: 'controller/unreachable', message: 'no route', fix: 'mend the route' }
  expect(line({}, 'controller')).toBe('https://controller:8443, connected')
  expect(line({ connected: false }, 'controller')).toBe('https://controller:8443, not connected')
  expect(line(waiting, 'controller')).toBe('waiting for an administrator to approve this node')
  expect(line({ ...waiting, problem }, 'controller')).toBe('-, not connected')
  expect(line({ ...waiting, problem }, 'fix')).toBe('mend the route')
})

test('the current run', () => {
  const run = { id: 'r-1', role: 'first-master', step: 'etcd/start', done: 3, of: 20 }
  expect(line({}, 'run')).toBe('none')
  expect(line({ run }, 'run')).toBe('first-master (r-1): etcd/start, 3 of 20 steps')
  expect(line({ run: { ...run, step: null } }, 'run')).toBe('first-master (r-1): starting, 3 of 20 steps')
})

test('the unit is named only if it is installed', () => {
  const paths = pathsOf('blue')
  expect(notRunning(paths, true)).toContain('systemctl status cantrip-blue-agent.service')
  expect(notRunning(paths, false)).toBe(
    'The agent is not installed on this machine: /etc/systemd/system/cantrip-blue-agent.service does not exist\n',
  )
})
