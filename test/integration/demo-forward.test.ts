import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort, start } from '../demo/browser-access.ts'
import { waitFor } from '../support/wait-for.ts'

const FORWARD = join(import.meta.dirname, '../demo/forward.ts')

test('connections are forwarded in both directions, until the process inside ends', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'forward-'))
  const server = createServer((socket) => socket.on('data', (data) => socket.end(`got ${data}`))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const [file, port] = [join(directory, 'socket'), await freePort()]
  const to = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const inside = await start([process.execPath, FORWARD, 'inside', file, to])
  const outside = await start([process.execPath, FORWARD, 'outside', String(port), file])
  try {
    const ask = async (text: string) => {
      const socket = connect({ host: '127.0.0.1', port })
      socket.write(text)
      return String((await socket.toArray()).join(''))
    }
    expect(await Promise.all([ask('one'), ask('two')])).toEqual(['got one', 'got two'])
    inside.kill()
    await waitFor('the end of the other process', () => outside.exitCode !== null)
    await expect(ask('three')).rejects.toThrow('ECONNREFUSED')
  } finally {
    inside.kill()
    outside.kill()
    server.close()
    rmSync(directory, { recursive: true })
  }
})
