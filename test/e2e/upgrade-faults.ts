import assert from 'node:assert/strict'
import { exec, type Node } from '../support/testbed/machine.ts'
import { kill } from '../support/testbed/nodes.ts'
import type { Scene } from './shape.ts'

/** The first change of a step is in the ledger, or a condition of the shell holds. */
export type When = { begun: string } | { holds: string }

const STATE = '/var/lib/cantrip'
const AGENT = ['systemctl', 'kill', '--kill-whom=all', 'cantrip-agent.service']

/** Of the instruction that is being carried out. */
const RUN = `run=$(grep -o '"run":"[^"]*"' ${STATE}/instruction.json 2>/dev/null | head -n 1)`

const conditionOf = (when: When) =>
  'holds' in when
    ? when.holds
    : `${RUN}; [ -n "$run" ] && grep -qF "$run,\\"step\\":\\"${when.begun}\\"" ${STATE}/ledger/ledger.jsonl`

/** Kills the agent with its processes as soon as the condition holds; systemd starts it again. */
export async function killWhen(scene: Scene, node: Node, when: When): Promise<void> {
  await signalWhen(node, when, 'KILL')
  scene.say(`  killed: ${JSON.stringify(when)}`)
}

/** Cuts the power of the node when the condition holds: its agent stands still until then. */
export async function cutPowerWhen(scene: Scene, node: Node, when: When): Promise<void> {
  await signalWhen(node, when, 'STOP')
  await kill(node)
  scene.say(`  power cut: ${JSON.stringify(when)}`)
}

async function signalWhen(node: Node, when: When, signal: 'KILL' | 'STOP'): Promise<void> {
  const act = [...AGENT, `--signal=${signal}`].join(' ')
  const wait = `for i in $(seq 20000); do if ${conditionOf(when)}; then ${act}; exit; fi; sleep 0.01; done; exit 1`
  const { code, stderr } = await exec(node, ['sh', '-c', wait], { timeoutMs: 600_000 })
  assert.equal(code, 0, `never: ${JSON.stringify(when)} ${stderr}`)
}
