import type { Controller } from '../../../src/controller/start.ts'
import { buildCsr } from '../../../src/pki/csr.ts'
import { createKeyPair } from '../../../src/pki/key.ts'
import { call, type Installer } from './client.ts'

/** A node asks to enrol, and waits for its approval. */
export async function discoverNode(controller: Controller, installer: Installer, nodeName: string): Promise<void> {
  const csr = buildCsr(createKeyPair().privateKey, 'any')
  const { status, text } = await call(controller.url, installer, 'POST', '/v1/enrol', {
    ...{ csr, nodeName, address: '10.0.0.2' },
  })
  if (status !== 202) throw new Error(text)
}
