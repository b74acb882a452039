import type { InstallerParts } from '../../../protocol/api/identities/credentials.ts'
import { ENROLMENT_LABEL } from '../../../protocol/api/identities/installer.ts'
import type { JoinCommandParts } from '../../../protocol/api/identities/join.ts'
import { answerOf, api } from '../client.ts'
import { pem } from './der.ts'
import { type InstallerKey, newInstallerKey } from './installer-key.ts'

/** The two files with which a node enrols. Nobody can download them a second time. */
export interface CredentialFiles {
  name: string
  /** The text of NAME.pem. */
  credentials: string
  passphrase: string
}

export function filesOf(
  name: string,
  { encryptedKey, passphrase }: InstallerKey,
  parts: InstallerParts,
): CredentialFiles {
  const enrolment = pem(ENROLMENT_LABEL, new TextEncoder().encode(JSON.stringify(parts.enrolment)))
  return { name, credentials: [parts.certificate, encryptedKey, parts.ca, enrolment].join(''), passphrase }
}

const nextName = (cluster: string, known: readonly { name: string }[]): string => {
  const names = new Set(known.map(({ name }) => name))
  let number = known.length + 1
  while (names.has(`${cluster}-${number}`)) number++
  return `${cluster}-${number}`
}

async function nextSet(cluster: string): Promise<string> {
  const path = { name: cluster }
  return nextName(cluster, await answerOf(api.GET('/v1/clusters/{name}/credentials', { params: { path } })))
}

/** Another set of credentials of a cluster; the others stay valid. */
export async function renewedFiles(cluster: string): Promise<CredentialFiles> {
  const [name, key] = await Promise.all([nextSet(cluster), newInstallerKey()])
  const body = { name, csr: key.csr }
  const { installer } = await answerOf(
    api.POST('/v1/clusters/{name}/credentials', { params: { path: { name: cluster } }, body }),
  )
  return filesOf(name, key, installer)
}

export interface JoinWishes {
  validSeconds: number
  maxNodes: number
}

/** What a join command is made of, with its secrets, which only this page has. */
export type IssuedJoin = JoinCommandParts & { token: string; passphrase: string }

export async function issuedJoin(cluster: string, wishes: JoinWishes): Promise<IssuedJoin> {
  const [name, { csr, encryptedKey, passphrase }] = await Promise.all([nextSet(cluster), newInstallerKey()])
  const token = `${cluster}.${name}.${hex(crypto.getRandomValues(new Uint8Array(24)))}`
  const tokenSha256 = hex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))))
  const body = { name, csr, encryptedKey, tokenSha256, ...wishes }
  const parts = await answerOf(
    api.POST('/v1/clusters/{name}/join-commands', { params: { path: { name: cluster } }, body }),
  )
  return { ...parts, token, passphrase }
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
