import { expect, test } from 'vitest'
import { waitText } from './waits.ts'

test('the operator is a pod, and other waits stay as they are', () => {
  expect(waitText('the operator to check in')).toBe("Cantrip's pod in the cluster (the operator) to check in")
  expect(waitText('the API server\n  of cp1')).toBe('the API server of cp1')
})
