import { expect, onTestFinished, test } from 'vitest'
import { silentAddress } from '../../test/support/silent-address.ts'
import { openHttps } from './https.ts'

test('the time limit of a request also ends an attempt to connect', { timeout: 4_000 }, async () => {
  const { port, close } = await silentAddress()
  onTestFinished(close)
  const https = openHttps({ ca: [], fix: 'look' })
  onTestFinished(https.close)
  const sent = https.send({ url: `https://127.0.0.1:${port}/`, method: 'GET', headers: {}, timeoutMs: 100 })
  await expect(sent).rejects.toMatchObject({
    code: 'controller/unreachable',
    message: expect.stringContaining('timed out'),
  })
})
