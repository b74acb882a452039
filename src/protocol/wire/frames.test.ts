import { expect, it } from 'vitest'
import { LeaveRequest, NodeCertificateRequest } from '../api/agents.ts'
import { UpFrame } from './frames.ts'

const reset = { v: 1, t: 'reset', id: 'a1', seq: 7, ack: 0, body: {} }

it('takes the word of a node that was reset by hand, and nothing else in it', () => {
  expect(UpFrame.safeParse(reset).success).toBe(true)
  expect(UpFrame.safeParse({ ...reset, body: { state: 'READY' } }).success).toBe(false)
  expect(UpFrame.safeParse({ ...reset, node: 'n-aaaaaaaaaa' }).success).toBe(false)
})

it('takes a request and nothing that would name another node', () => {
  expect(NodeCertificateRequest.safeParse({ csr: 'x' }).success).toBe(true)
  expect(NodeCertificateRequest.safeParse({ csr: 'x', nodeId: 'n-aaaaaaaaaa' }).success).toBe(false)
  expect(NodeCertificateRequest.safeParse({ csr: 'x'.repeat(20_000) }).success).toBe(false)
  expect(LeaveRequest.safeParse({ stays: 'nothing' }).success).toBe(true)
  expect(LeaveRequest.safeParse({ stays: 'everything' }).success).toBe(false)
})
