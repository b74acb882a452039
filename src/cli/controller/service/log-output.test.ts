import { expect, test } from 'vitest'
import { isToJournal, type LogFormat, openLog } from './log-output.ts'

function written(format: LogFormat, toJournal: boolean, ...args: Parameters<ReturnType<typeof openLog>>): string {
  const texts: string[] = []
  openLog({ format, toJournal, now: () => new Date(0), write: (text) => void texts.push(text) })(...args)
  return texts.join('')
}

test('text: as before, with the id of the request', () => {
  expect(written('text', false, 'listening')).toBe('1970-01-01T00:00:00.000Z listening\n')
  expect(written('text', false, 'GET /v1/x: Error: bug\n    at y', { level: 'error', requestId: 'r-1' })).toBe(
    '1970-01-01T00:00:00.000Z GET /v1/x: Error: bug (request r-1)\n    at y\n',
  )
})

test('for the journal, each line begins with its priority', () => {
  expect(written('text', true, 'Error: bug\n    at y', { level: 'error' })).toBe(
    '<3>1970-01-01T00:00:00.000Z Error: bug\n<3>    at y\n',
  )
  expect(written('text', true, 'x', { level: 'warning' })).toMatch(/^<4>/)
})

test('json: one line, whatever the message contains, and only the fields that are known', () => {
  const text = written('json', true, 'two\nlines', {
    level: 'error',
    requestId: 'r',
    route: 'GET /v1/x',
    identity: 'a b',
  })
  expect(text.match(/\n/g)).toHaveLength(1)
  expect(JSON.parse(text)).toEqual({
    ...{ ts: '1970-01-01T00:00:00.000Z', level: 'error', msg: 'two\nlines' },
    ...{ requestId: 'r', route: 'GET /v1/x', identity: 'a b' },
  })
})

test('the journal reads the output only if it is the stream that systemd names', () => {
  expect(isToJournal({ JOURNAL_STREAM: '8:12' }, { dev: 8, ino: 12 })).toBe(true)
  expect(isToJournal({ JOURNAL_STREAM: '8:12' }, { dev: 8, ino: 13 })).toBe(false)
  expect(isToJournal({}, { dev: 8, ino: 12 })).toBe(false)
})
