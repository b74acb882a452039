import { expect, test } from 'vitest'
import { collectFacts } from '../../src/host/linux/facts.ts'
import { linuxHostView } from '../../src/host/linux/host-view.ts'
import { Facts } from '../../src/protocol/wire/facts.ts'

test('the facts of this machine match the protocol', async () => {
  const facts = await collectFacts(linuxHostView(), { agentVersion: '0.0.0', versions: {} })
  expect(Facts.parse(facts)).toEqual(facts)
  expect(facts.memoryBytes).toBeGreaterThan(2 ** 28)
  expect(facts.bootId).toMatch(/^[0-9a-f-]{36}$/)
})
