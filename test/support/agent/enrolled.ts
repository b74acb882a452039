import { credentialsText } from '../../../src/controller/clusters/join/credentials-text.ts'
import type { Controller } from '../../../src/controller/start.ts'
import { buildCsr } from '../../../src/pki/csr.ts'
import { encryptKey } from '../../../src/pki/encrypt-key.ts'
import { createKeyPair } from '../../../src/pki/key.ts'
import type { ClusterSettings } from '../../../src/protocol/settings/cluster-settings.ts'
import { ClusterSettings as Settings } from '../../../src/protocol/settings/cluster-settings.ts'
import { adminOf, call } from '../controller/client.ts'
import { type Installation, installAgent } from './installation.ts'

export const PASSPHRASE = 'correct horse battery staple'

type Reachable = Pick<Controller, 'url' | 'adminFile'>

export async function askAdmin(controller: Reachable, method: string, path: string, body?: unknown) {
  const answer = await call(controller.url, adminOf(controller), method, path, body)
  if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
  return answer.json
}

/** The credentials file of a new cluster `demo`. */
export async function demoCredentials(controller: Reachable, settings: Partial<ClusterSettings> = {}): Promise<string> {
  const { privateKey } = createKeyPair()
  const cluster = { name: 'demo', settings: Settings.parse(settings), csr: buildCsr(privateKey, 'installer') }
  const { installer } = await askAdmin(controller, 'POST', '/v1/clusters', cluster)
  return credentialsText(await encryptKey(privateKey, PASSPHRASE), installer)
}

/** An agent `one` with the credentials of a new cluster `demo`. It enrols when it starts. */
export async function agentOf(
  controller: Reachable,
  settings: Partial<ClusterSettings> = {},
  prepare?: Parameters<typeof installAgent>[3],
): Promise<Installation> {
  return installAgent(await demoCredentials(controller, settings), PASSPHRASE, 'one', prepare)
}
