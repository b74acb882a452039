import { expect, test } from 'vitest'
import type { InventoryHost } from '../inventory/host.ts'
import type { HostResult } from './host-result.ts'
import { pushProgress } from './progress.ts'

const host = (name: string): InventoryHost => ({
  ...{ name, address: name, port: null, user: null, keyFile: null },
  ...{ roles: [], labels: {}, groups: [], unused: [] },
})
const result = (name: string, message?: string): HostResult => ({
  ...{ name, address: name, roles: [], actions: [], node: null, seconds: 1.25 },
  ...{ outcome: message === undefined ? 'joined' : 'failed' },
  error: message === undefined ? null : { code: 'push/denied', message, fix: '' },
})

function screen(isTTY: boolean, rows = 24) {
  let text = ''
  const write = (more: string) => {
    text += more
    return true
  }
  const clear = () => {
    text = ''
  }
  const progress = pushProgress({ isTTY, columns: 40, rows, write }, [host('a'), host('long')])
  return { progress, text: () => text, clear }
}

test('without a terminal, a line for each change and no control characters', () => {
  const { progress, text } = screen(false)
  progress.stage(host('a'), 'connecting')
  progress.stage(host('long'), 'Step \x1b[2J')
  progress.result(result('a', 'no\nfurther lines'))
  progress.result(result('long'))
  progress.end()
  expect(text()).toBe('a: connecting\nlong: Step  [2J\na: failed: no (1.3 s)\nlong: joined (1.3 s)\n')
})

test('on a terminal, those at work are below those that are done', () => {
  const { progress, text, clear } = screen(true)
  progress.stage(host('a'), 'connecting')
  progress.stage(host('long'), 'x'.repeat(100))
  expect(text().endsWith(`0 of 2 hosts\n  a     connecting\n  long  ${'x'.repeat(31)}\n`)).toBe(true)
  clear()
  progress.result(result('a'))
  expect(text()).toBe(`\x1b[3A\x1b[0J  a     joined (1.3 s)\n1 of 2 hosts\n  long  ${'x'.repeat(31)}\n`)
  clear()
  progress.end()
  expect(text()).toBe('\x1b[2A\x1b[0J')
})

test('a small terminal shows as many as fit', () => {
  const { progress, text, clear } = screen(true, 3)
  progress.stage(host('a'), 'connecting')
  clear()
  progress.stage(host('long'), 'connecting')
  expect(text()).toBe('\x1b[2A\x1b[0J0 of 2 hosts\n  a     connecting\n')
})
