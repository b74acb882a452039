/** Damaged files of an installed agent, or a read-only disk: the agent reports them, waits, and recovers with the printed fix. */
import assert from 'node:assert/strict'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import { waitFor } from '../support/wait-for.ts'

const UNIT = 'cantrip-agent'

interface Status {
  connected: boolean
  problem: { code: string; message: string; fix: string } | null
}

async function statusOf(node: Node): Promise<Status | undefined> {
  const { code, stdout } = await exec(node, ['cantrip-agent', 'status', '-o', 'json'])
  return code === 0 ? JSON.parse(stdout) : undefined
}

async function startsOf(node: Node): Promise<string> {
  return execOk(node, ['systemctl', 'show', '--value', '--property=NRestarts,ActiveState', UNIT])
}

export async function damagedAgent(node: Node, install: readonly string[]): Promise<void> {
  const damages: [path: string, code: string][] = [
    ['/etc/cantrip/agent.json', 'config/damaged'],
    ['/etc/cantrip/node.pem', 'agent/incomplete'],
  ]
  for (const [path, code] of damages) {
    await execOk(node, ['truncate', '--size=-60', path])
    await execOk(node, ['systemctl', 'restart', UNIT])
    const { problem } = await reported(node, code)
    assert(problem?.message.includes(path), problem?.message)
    assert.match(problem?.fix ?? '', /run the installation again/)
    assert.equal(await startsOf(node), '0\nactive\n', 'the service waits and does not restart')
    // The reader closes the pipe after one line. The installation still completes.
    const line = `${install.join(' ')} | head -1; exit "\${PIPESTATUS[0]}"`
    const fixed = await exec(node, ['bash', '-c', line], { timeoutMs: 120_000 })
    assert.equal(fixed.code, 0, fixed.stdout + fixed.stderr)
    await connected(node)
  }
}

export async function readOnlyState(node: Node): Promise<void> {
  await execOk(node, ['mount', '--bind', '/var/lib/cantrip', '/var/lib/cantrip'])
  await execOk(node, ['mount', '-o', 'remount,bind,ro', '/var/lib/cantrip'])
  try {
    await execOk(node, ['systemctl', 'restart', UNIT])
    const { problem } = await reported(node, 'disk/read-only')
    assert.match(problem?.message ?? '', /cannot write \/var\/lib\/cantrip\/\S+ its file system is mounted read-only/)
    assert.equal(await startsOf(node), '0\nactive\n')
  } finally {
    await execOk(node, ['umount', '/var/lib/cantrip'])
  }
  await connected(node)
}

function reported(node: Node, code: string): Promise<Status> {
  return waitFor(
    `the service to report ${code}`,
    async () => {
      const status = await statusOf(node)
      return status?.problem?.code === code ? status : undefined
    },
    { withinMs: 20_000 },
  )
}

async function connected(node: Node): Promise<void> {
  await waitFor('the agent to connect', async () => (await statusOf(node))?.connected || undefined, {
    withinMs: 30_000,
  })
}
