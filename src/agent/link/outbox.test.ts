import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type OutboxMessage, openOutbox } from './outbox.ts'

let directory: string
let path: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'outbox-'))
  path = join(directory, 'outbox')
})
afterEach(() => rmSync(directory, { recursive: true }))

const at = '2026-01-01T00:00:00.000Z'
const run = 'r-abcdefghij'
const done = (step: string): OutboxMessage => ({
  t: 'event',
  body: { run, event: { kind: 'step-done', at, step, ms: 1 } },
})
const log = (message: string): OutboxMessage => ({
  t: 'event',
  body: { run, event: { kind: 'log', at, level: 'info', message } },
})

test('entries are numbered and survive a crash of the process', () => {
  const outbox = openOutbox(path)
  outbox.append(done('a'))
  outbox.append({ t: 'result', body: { run, outcome: 'done' } })
  // Not closed: as after SIGKILL.
  const again = openOutbox(path)
  expect(again.after(0, 10).map(({ seq, message }) => [seq, message.t])).toEqual([
    [1, 'event'],
    [2, 'result'],
  ])
  again.append(done('b'))
  expect(again.after(2, 10)).toEqual([{ seq: 3, message: done('b') }])
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('acknowledged entries are removed, and numbers are never reused', () => {
  const outbox = openOutbox(path)
  for (const step of ['a', 'b', 'c']) outbox.append(done(step))
  outbox.acknowledge(2)
  expect(outbox.after(0, 10)).toEqual([{ seq: 3, message: done('c') }])
  outbox.acknowledge(3)
  for (let line = 0; line < 200; line++) outbox.append(log('x'.repeat(8_000)))
  outbox.acknowledge(203)
  expect(statSync(path).size).toBeLessThan(100)
  expect(readFileSync(path, 'utf8')).toBe('{"next":204,"confirmed":203}\n')
  const again = openOutbox(path)
  expect(again.confirmed()).toBe(203)
  again.append(done('d'))
  expect(again.after(0, 10).map(({ seq }) => seq)).toEqual([204])
})

test('the confirmed number never falls, and dropped log lines do not raise it', () => {
  const outbox = openOutbox(path, 10_000)
  expect(outbox.confirmed()).toBe(0)
  outbox.append(done('a'))
  outbox.acknowledge(1)
  for (let line = 0; line < 20; line++) outbox.append(log('x'.repeat(1_000)))
  // A controller that was restored from a backup.
  outbox.acknowledge(0)
  expect(outbox.confirmed()).toBe(1)
  expect(openOutbox(path).confirmed()).toBe(1)
})

test('a controller with a higher number advances the numbering', () => {
  const outbox = openOutbox(path)
  outbox.acknowledge(41)
  outbox.append(done('a'))
  expect(outbox.after(0, 1)[0]?.seq).toBe(42)
})

test('an incomplete last line is truncated, and appending continues', () => {
  const outbox = openOutbox(path)
  outbox.append(done('ä'))
  outbox.append(done('b'))
  truncateSync(path, statSync(path).size - 7)
  const again = openOutbox(path)
  expect(again.after(0, 10)).toEqual([{ seq: 1, message: done('ä') }])
  again.append(done('c'))
  expect(
    openOutbox(path)
      .after(0, 10)
      .map(({ seq }) => seq),
  ).toEqual([1, 2])
})

test('a damaged line in the middle loses only its entry', () => {
  openOutbox(path).append(done('a'))
  appendFileSync(path, '\0\0\0garbage\n')
  openOutbox(path).append(done('b'))
  expect(
    openOutbox(path)
      .after(0, 10)
      .map(({ message }) => message),
  ).toEqual([done('a'), done('b')])
})

test('a flood of log lines drops old log lines, never other messages', () => {
  const outbox = openOutbox(path, 20_000)
  outbox.append(done('first'))
  for (let line = 0; line < 500; line++) outbox.append(log(`line ${line} ${'.'.repeat(100)}`))
  const kept = outbox.after(0, 1_000).map(({ message }) => JSON.stringify(message))
  expect(statSync(path).size).toBeLessThan(25_000)
  expect(kept[0]).toContain('first')
  expect(kept.some((line) => /\d+ log lines were dropped here/.test(line))).toBe(true)
  expect(kept.at(-1)).toContain('line 499 ')
})

test('a page has at most the requested number of entries', () => {
  const outbox = openOutbox(path)
  for (const step of ['a', 'b', 'c']) outbox.append(done(step))
  expect(outbox.after(1, 1)).toEqual([{ seq: 2, message: done('b') }])
})
