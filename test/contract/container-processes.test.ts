import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { linuxMachine } from '../../src/host/linux/linux-machine.ts'
import { carryOut } from '../../src/ledger/undo/carry-out.ts'

const socket = `/run/cantrip-test-${process.pid}/containerd.sock`
/** Starts when the container has a name of its own: until then it has that of the shim. */
const CONTAINER = 'sh -c "echo started; exec sleep 300" & wait'
const SHIM = `exec -a /usr/local/bin/containerd-shim-runc-v2 bash -c '${CONTAINER}' x -namespace k8s.io -address ${socket}`

const started: ChildProcess[] = []
/** A process with the name and arguments of a containerd shim, and a child process. */
async function shim(...within: string[]): Promise<ChildProcess> {
  const [command = '', ...args] = [...within, 'bash', '-c', SHIM]
  const child = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
  started.push(child)
  await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data')
  return child
}

afterEach(() => {
  for (const { pid } of started.splice(0)) {
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL')
    } catch {
      // The process has ended already.
    }
  }
})

test.skipIf(process.getuid?.() !== 0)(
  'shims in containers, and processes of users with the name of a shim, are not killed (needs root)',
  async () => {
    const others = [
      await shim('unshare', '--pid', '--fork', '--mount-proc'),
      await shim('unshare', '--mount'),
      await shim('setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'),
    ]
    const orphan = await shim()
    const ended = once(orphan, 'exit')
    const result = await carryOut(
      { kind: 'container-processes', containerdNamespace: 'k8s.io', socket },
      linuxMachine(),
    )
    await ended
    expect(result?.removed?.filter((what) => what.includes('shim'))).toEqual([
      `process ${orphan.pid} (/usr/local/bin/containerd-shim-runc-v2)`,
    ])
    expect(others.map(({ exitCode, signalCode }) => exitCode ?? signalCode)).toEqual([null, null, null])
  },
)
