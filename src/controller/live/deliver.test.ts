import { expect, test } from 'vitest'
import { cluster, node, run } from '../../../test/support/controller/member.ts'
import { CAPABILITIES } from '../../protocol/wire/capabilities.ts'
import { deliver } from './deliver.ts'
import type { Session } from './session/session.ts'

type Ports = Parameters<typeof deliver>[0]

test.each([
  ['restore-etcd', CAPABILITIES, true],
  ['restore-etcd', CAPABILITIES.filter((each) => each !== 'change/rejoin'), false],
  ['master', CAPABILITIES.filter((each) => each !== 'change/rejoin'), true],
] as const)(
  'an order %s that was made before the agent was connected is sent only to one that can carry it out',
  async (role, capabilities, isSent) => {
    const store = { node: async () => node(), cluster: async () => cluster(), openRunOf: async () => run({ role }) }
    const sent: string[] = []
    const session = { capabilities, isOpen: true, peerSeq: 0, sent: new Set(), send: (t: string) => void sent.push(t) }
    await deliver({ store, now: () => new Date() } as unknown as Ports, session as unknown as Session)
    expect(sent.includes('instruct')).toBe(isSent)
  },
)
