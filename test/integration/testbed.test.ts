import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { run } from '../support/testbed/run.ts'
import * as testbed from '../support/testbed/testbed.ts'

// A separate bed, independent of other test beds on this machine.
const bed = testbed.bedNamed(`cantrip-test-${process.pid}`)
const scratch = mkdtempSync(join(tmpdir(), 'cantrip-test-'))
const MINUTES = 60_000

afterEach(() => testbed.downAll(bed), MINUTES)
afterAll(() => rmSync(scratch, { recursive: true }))

const why = testbed.whyNot()

test(
  'a node boots, runs commands, keeps its disk over a power cut, and is removed without leftovers',
  async ({ skip }) => {
    if (why) skip(why)
    const kernelPanic = await readFile('/proc/sys/kernel/panic', 'utf8')
    const node = await testbed.up({ name: 'one', bed })
    const inside = (...argv: string[]) => testbed.execOk(node, argv)

    expect(node.address).toBe('10.90.0.11')
    expect(await inside('cat', '/proc/1/comm')).toBe('systemd\n')
    expect(await inside('systemctl', 'list-units', '--failed', '--no-legend')).toBe('')
    expect(await inside('uname', '--nodename')).toBe('one\n')
    expect(await testbed.exec(node, ['sh', '-c', 'cat; echo oops >&2; exit 3'], { stdin: 'hello' })).toEqual({
      code: 3,
      stdout: 'hello',
      stderr: 'oops\n',
    })
    await expect(testbed.exec(node, ['sleep', '60'], { timeoutMs: 200 })).rejects.toThrow('timed out after 200 ms')
    // Ignore the zombie, which process 1 of the host reaps later.
    const sleepers = () => testbed.exec(node, ['pgrep', '--runstates', 'R,S,D', 'sleep'])
    await expect.poll(sleepers, { message: 'a timeout ends the command' }).toMatchObject({ stdout: '' })

    const file = join(scratch, 'greeting')
    writeFileSync(file, 'hello', { mode: 0o750 })
    await testbed.copyIn(node, file, '/run/greetings/one')
    expect(await inside('stat', '--format=%a %U %s', '/run/greetings/one')).toBe('750 root 5\n')

    expect(await inside('getent', 'hosts', 'controller.test')).toMatch(/^10\.90\.0\.1 /)
    expect(await inside('getent', 'hosts', 'one.test')).toMatch(/^10\.90\.0\.11 /)
    expect((await testbed.exec(node, ['getent', 'ahostsv6', 'controller.test'])).code, 'no IPv6 address').toBe(2)
    expect((await testbed.exec(node, ['getent', 'hosts', 'nowhere.example'])).code).toBe(2)
    const link = await inside(
      'curl',
      '--silent',
      '--max-time',
      '5',
      '--write-out',
      '%{errormsg}',
      'http://192.0.2.1/',
    ).catch(String)
    expect(link, 'destinations outside the bed are refused at once').toMatch(
      /No route to host|Network is unreachable|Couldn't connect/,
    )

    const { leap, stratum, offsetMs } = await askTime()
    expect({ leap, stratum }).toEqual({ leap: 0, stratum: 3 })
    expect(Math.abs(offsetMs)).toBeLessThan(1_000)

    await inside('sh', '-c', 'echo kept > /root/kept; echo kept > /var/lib/kept')
    await inside('sysctl', '-q', '-w', 'kernel.panic=7') // as a kubelet does
    const machineId = await inside('cat', '/etc/machine-id')
    const bootId = await inside('cat', '/proc/sys/kernel/random/boot_id')
    await testbed.kill(node)
    expect(await testbed.isRunning(node)).toBe(false)
    expect(await readFile(join(testbed.path(node), 'root/kept'), 'utf8')).toBe('kept\n')
    await expect(testbed.exec(node, ['true'])).rejects.toThrow('is off')
    await testbed.boot(node)
    expect(await inside('cat', '/root/kept', '/var/lib/kept')).toBe('kept\nkept\n')
    expect(await inside('cat', '/etc/machine-id')).toBe(machineId)
    expect(await inside('cat', '/proc/sys/kernel/random/boot_id')).not.toBe(bootId)

    expect(await testbed.leftovers(bed), 'leftovers finds a running node').not.toEqual([])
    await testbed.down(node)
    expect(await testbed.leftovers(bed)).toEqual([])
    expect(await readFile('/proc/sys/kernel/panic', 'utf8')).toBe(kernelPanic)
  },
  MINUTES,
)

test.for(['network', 'node'])(
  'Ctrl-C while the %s comes up leaves nothing behind',
  { timeout: MINUTES },
  async (what, { skip }) => {
    if (why) skip(why)
    const sign =
      what === 'network' ? join(bed.directory, 'hosts') : join(bed.directory, 'nodes/two/root/etc/machine-id')
    const up = spawn(join(import.meta.dirname, '../../scripts/testbed'), ['up', 'two'], {
      env: { ...process.env, CANTRIP_TESTBED_PREFIX: bed.prefix },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const ended = once(up, 'exit')
    await expect.poll(() => existsSync(sign), { timeout: MINUTES, interval: 1 }).toBe(true)
    up.kill('SIGINT')
    expect(await ended).toEqual([130, null])
    expect(await testbed.leftovers(bed)).toEqual([])
  },
)

/** One SNTP request (RFC 4330) from the bed's network to its time server. */
async function askTime(): Promise<{ leap: number; stratum: number; offsetMs: number }> {
  const client = `
    const socket = require('node:dgram').createSocket('udp4')
    const request = Buffer.alloc(48)
    request[0] = 0x23 // version 4, client
    socket.on('message', (reply) => {
      const offsetMs = (reply.readUInt32BE(40) - 2_208_988_800) * 1_000 - Date.now()
      console.log(JSON.stringify({ leap: reply[0] >> 6, stratum: reply[1], offsetMs }))
      socket.close()
    })
    socket.send(request, 123, '${testbed.GATEWAY}')`
  const { stdout, stderr } = await run(testbed.inNetwork(bed, [process.execPath, '-e', client]), { timeoutMs: 5_000 })
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}
