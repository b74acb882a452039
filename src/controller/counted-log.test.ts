import { expect, it } from 'vitest'
import { manualClock } from '../../test/support/manual-clock.ts'
import { countedLog } from './counted-log.ts'

it('logs the first line at once, and the number of the others after a minute', () => {
  const lines: string[] = []
  const { later, advance } = manualClock()
  const refused = countedLog((line) => lines.push(line), later)
  for (let each = 0; each < 5; each++) refused('handshakes', `handshake ${each}`)
  refused('requests', 'request')
  expect(lines).toEqual(['handshake 0', 'request'])
  advance(60_000)
  expect(lines.slice(2)).toEqual(['handshakes: 4 more within 60 s'])
  refused('handshakes', 'handshake again')
  expect(lines.at(-1)).toBe('handshake again')
})

it('stays bounded in memory and in lines when each line has another reason', () => {
  const lines: string[] = []
  const { later, advance } = manualClock()
  const refused = countedLog((line) => lines.push(line), later)
  for (let each = 0; each < 5_000; each++) refused(`node ${each}`, 'x')
  expect(lines.length).toBe(1_001)
  advance(60_000)
  expect(lines.slice(1_001)).toEqual(['refused for other reasons: 3999 more within 60 s'])
})
