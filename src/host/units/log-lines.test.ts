import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { journalText, quoted, reasonLines } from './log-lines.ts'

test.each<[string, string, string[]]>([
  ['nothing', '', []],
  [
    "the error, without systemd's messages",
    'Started etcd.service - etcd.\n{"level":"info","msg":"starting"}\n{"level":"fatal","msg":"no space left on device"}\netcd.service: Main process exited, code=exited, status=1/FAILURE\n',
    ['{"level":"fatal","msg":"no space left on device"}'],
  ],
  [
    "a panic of Go's, without its stack",
    '{"level":"warn","msg":"Failed to detect storage schema version"}\n{"level":"panic","msg":"failed to save","error":"write: no space left on device"}\npanic: failed to save\n\ngoroutine 1 [running]:\ngo.uber.org/zap.(*Logger).Panic(0xb1c76c2c480?, {0x12ce564?, 0x24?}, {0xb1c770569c0, 0x1, 0x1})\n\tgo.uber.org/zap@v1.27.0/logger.go:270 +0x55\n',
    ['{"level":"panic","msg":"failed to save","error":"write: no space left on device"}', 'panic: failed to save'],
  ],
  [
    'only messages of systemd',
    "x.service: Main process exited, code=killed, status=9/KILL\nx.service: Failed with result 'signal'.\n",
    ['x.service: Main process exited, code=killed, status=9/KILL', "x.service: Failed with result 'signal'."],
  ],
  [
    'the same at each start',
    'time="01:38:08" level=error msg=a\nerror: b\ntime="01:38:13" level=error msg=a\n',
    ['time="01:38:13" level=error msg=a', 'error: b'],
  ],
  [
    'secrets by their form',
    'error: https://bob:s3cret@proxy.example.com:3128 refused abcdef.0123456789abcdef\n',
    ['error: https://***@proxy.example.com:3128 refused ***'],
  ],
  ['terminal control characters', 'error: \u001b[31mred\u0007\n', ['error: \\x1b[31mred\\x07']],
])('%s', (_, text, expected) => {
  expect(reasonLines(text)).toEqual(expected)
})

test('at most 4 lines of 400 characters', () => {
  const lines = reasonLines(
    Array.from({ length: 50 }, (_, i) => `error ${'abcdefghijklmnopqrstuvwxyz'[i % 26]} ${'x'.repeat(5_000)}`).join(
      '\n',
    ),
  )
  expect(lines).toHaveLength(4)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(410)
  expect(quoted(lines).split('\n')).toHaveLength(5)
})

test('a machine without a journal has no lines', async () => {
  expect(await journalText(fakeHost(), 'x.service')).toBe('')
})

test.each([
  ...['(0x1', '(0x1)', '(0x', '{', '(', ')', 'a.go:1', 'a.go:', 'a.service: ', 'x.service: Service ', ' ended', '...'],
  ...['error ', '"level":"', 'level=', 'http://a:', '1', 'F1129 ', '\t', '\u001b', 'created by ', 'goroutine 1 ['],
])('a repeated line of %j does not take long', (part) => {
  const start = performance.now()
  for (const length of [900, 8_000, 100_000])
    for (const [begin, end] of [
      ['', ''],
      ['', ')x'],
      ['', ' x'],
      ['x.service: ', '\0'],
    ]) {
      const lines = reasonLines(`${begin}${part.repeat(length / part.length)}${end}`)
      expect(Math.max(0, ...lines.map((line) => line.length))).toBeLessThan(2_000)
    }
  expect(performance.now() - start).toBeLessThan(1_000)
})

test('secrets are masked before the text is cut', () => {
  const [line] = reasonLines(`error ${'bearer abcdefgh123 '.repeat(20)}${'http://user:hunter2@'.repeat(60)}proxy`)
  expect(line).not.toContain('hunter2')
})

test('omits functions of a Go stack trace, but not other text in parentheses', () => {
  const stack = [
    'main.(*T).run(0xc000012345, {0x1, 0x2})',
    'k8s.io/kubernetes/cmd/kubelet/app.run({0x1?, 0x2?}, ...)',
    'net/http.HandlerFunc.ServeHTTP(0xc000012345?, {0x1?',
  ]
  const message = 'failed to open (code 0x5) the device'
  expect(reasonLines([...stack, message].join('\n'))).toEqual([message])
  expect(reasonLines(stack.join('\n'))).toEqual(stack)
})
