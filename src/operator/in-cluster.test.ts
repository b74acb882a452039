import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { silentAddress } from '../../test/support/silent-address.ts'
import { openApi } from './in-cluster.ts'

test('the time limit of a call also ends an attempt to connect', { timeout: 4_000 }, async () => {
  const { port, close } = await silentAddress()
  onTestFinished(close)
  const serviceAccountDirectory = await mkdtemp(join(tmpdir(), 'service-account-'))
  onTestFinished(() => rm(serviceAccountDirectory, { recursive: true }))
  for (const name of ['token', 'ca.crt']) await writeFile(join(serviceAccountDirectory, name), '')
  const cluster = { host: '127.0.0.1', port, serviceAccountDirectory }
  const opened = openApi(cluster, '/readyz', { signal: new AbortController().signal, idleMs: 100 })
  await expect(opened).rejects.toThrow('the API sent nothing for 0.1 s')
})
