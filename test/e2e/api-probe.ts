/** `api-probe.ts ADDRESS`: asks /readyz every 100 ms on a new connection, and prints `ok` or `no` for each request. */
import { request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'

const EVERY_MS = 100
const [, , address = ''] = process.argv

function isReady(): Promise<boolean> {
  return new Promise((resolve) => {
    // The certificate is not what is looked at.
    const options = { rejectUnauthorized: false, agent: false, timeout: 1_000 }
    const asked = request(`https://${address}:6443/readyz`, options, (answer) => {
      answer.resume()
      answer.on('end', () => resolve(answer.statusCode === 200))
    })
    asked.on('timeout', () => asked.destroy(new Error('timeout')))
    asked.on('error', () => resolve(false))
    asked.end()
  })
}

for (;;) {
  const began = performance.now()
  console.log((await isReady()) ? 'ok' : 'no')
  await sleep(Math.max(0, EVERY_MS - (performance.now() - began)))
}
