import { expect, test } from 'vitest'
import { AgentError } from '../../../base/agent-error.ts'
import { untilRemoved } from './until-removed.ts'

const NODE = { id: 'n-aaaaaaaaaa', name: 'w1' }
const waiting = (step: string | null) => ({ state: 'READY', step, error: null })
const away = new AgentError('controller/unreachable', 'cannot reach it', { fix: 'start it' })

function clock() {
  let ms = 0
  const sleep = async (forMs: number) => {
    ms += forMs
  }
  return { now: () => new Date(ms), sleep }
}

/** The answers of the controller, in order; the last one is repeated. */
function seen(...states: object[]) {
  const printed: string[] = []
  const ask = async () => {
    const state = states.length > 1 ? states.shift() : states[0]
    if (state instanceof Error) throw state
    return state as never
  }
  const client = { ask }
  return { printed, remove: () => untilRemoved(client, NODE, (text) => printed.push(text), clock()) }
}

test('prints each reason for waiting once', async () => {
  const step = 'being removed, waiting for pods of w1 to move to other nodes'
  const { printed, remove } = seen(waiting(step), waiting(step), waiting(null), { state: 'REMOVED' })
  await remove()
  expect(printed).toEqual([`Node w1: ${step}\n`, 'Node w1 is REMOVED.\n'])
})

test('survives a restart of the controller', async () => {
  const { printed, remove } = seen(waiting(null), away, away, { state: 'REMOVED' })
  await remove()
  expect(printed).toEqual(['Node w1 is REMOVED.\n'])
})

test("throws the node's error when the removal fails", async () => {
  const error = { code: 'etcd/quorum', message: 'm2 is not healthy', fix: 'bring m2 back first' }
  const { remove } = seen(waiting(null), { state: 'READY', step: null, error })
  await expect(remove()).rejects.toMatchObject({ code: 'etcd/quorum', fix: 'bring m2 back first' })
})

test('times out', async () => {
  await expect(seen(waiting('leaving')).remove()).rejects.toMatchObject({ code: 'node/still-leaving' })
})
