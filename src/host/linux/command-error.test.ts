import { expect, test } from 'vitest'
import { commandError } from './command-error.ts'

test('a failed command has its command line, exit code, the end of stderr, and a fix', () => {
  const stderr = Array.from({ length: 40 }, (_, i) => `line ${i}`).join('\n')
  const error = commandError(['kubeadm', 'init', '--config', 'a b.yaml'], { kind: 'exit', exitCode: 3 }, `${stderr}\n`)
  expect(error.code).toBe('command/failed')
  expect(error.message).toMatch(/^command ended with exit code 3: kubeadm init --config 'a b.yaml'\nline 28\n/)
  expect(error.message.endsWith('line 39')).toBe(true)
  expect(error.fix).toContain("kubeadm init --config 'a b.yaml'")
})

test('control characters of an argument do not reach the terminal', () => {
  const error = commandError(['x', 'a\u001b[31m\n'], { kind: 'timeout', timeoutMs: 1500 }, '')
  expect(error.message).toBe("command took longer than 1.5 s: x $'a\\x1b[31m\\x0a'\nIts standard error is empty.")
})

test('a killed command needs no stderr', () => {
  const stopped = commandError(['systemctl', 'start', 'etcd'], { kind: 'signal', signal: 'SIGTERM' }, '')
  expect(stopped.message).toBe('command was killed by SIGTERM: systemctl start etcd')
  expect(stopped.fix).toContain('run the same command again')
  const killed = commandError(['kubeadm'], { kind: 'signal', signal: 'SIGKILL' }, 'half a line')
  expect(killed.message).toBe('command was killed by SIGKILL: kubeadm\nhalf a line')
  expect(killed.fix).toContain('oom')
})

test('distinguishes a missing command from one that is not executable', () => {
  const cause = (code: string) => Object.assign(new Error(code), { code })
  expect(commandError(['x'], { kind: 'not-started', cause: cause('ENOENT') }, '').code).toBe('command/not-found')
  expect(commandError(['x'], { kind: 'not-started', cause: cause('EACCES') }, '').code).toBe('command/not-started')
})
