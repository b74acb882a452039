import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { AgentError } from '../../base/agent-error.ts'
import { readIfThere } from '../../base/durable-file.ts'
import type { AgentPaths } from '../paths.ts'
import { writeStateFile } from '../state-file.ts'
import { readTrust } from './trust.ts'

/** The node's certificate and key, and the certificate authorities it trusts (PEM). */
export interface NodeIdentity {
  ca: string
  cert: string
  key: string
}

const CERTIFICATE = '-----BEGIN CERTIFICATE-----'

/**
 * The node's key and certificate, or undefined before enrolment. They are in one file, so that they always match. Throws
 * AgentError `agent/incomplete` if that file or the CA certificate is damaged.
 */
export function readIdentity(paths: AgentPaths): NodeIdentity | undefined {
  const pair = readIfThere(paths.nodeIdentity)
  if (pair === undefined) return undefined
  const { key, cert } = partsOf(pair)
  if (key === undefined || cert === undefined) throw incomplete(paths.nodeIdentity)
  const ca = need(paths.caFile)
  if (!parses(() => new X509Certificate(ca))) throw incomplete(paths.caFile)
  return { ca: readTrust(paths)?.authorities.join('') ?? ca, key, cert }
}

/** Like `readIdentity`, but undefined for damaged files. */
export function readIdentityIfValid(paths: AgentPaths): NodeIdentity | undefined {
  try {
    return readIdentity(paths)
  } catch (error) {
    if (error instanceof AgentError) return undefined
    throw error
  }
}

/** Parses what `writeIdentity` wrote. Omits what cannot be read, and a certificate that does not match the key. */
export function partsOf(pair: string): Partial<Pick<NodeIdentity, 'key' | 'cert'>> {
  const at = pair.indexOf(CERTIFICATE)
  const key = at < 0 ? pair : pair.slice(0, at)
  const cert = at < 0 ? '' : pair.slice(at)
  if (!parses(() => createPrivateKey(key))) return {}
  return parses(() => new X509Certificate(cert)) && new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
    ? { key, cert }
    : { key }
}

function parses(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch {
    return false
  }
}

/** Durable: after a power cut the file has the old pair or the new one. */
export function writeIdentity(paths: AgentPaths, { key, cert }: Pick<NodeIdentity, 'key' | 'cert'>): void {
  writeStateFile(paths.nodeIdentity, `${key.trimEnd()}\n${cert.trimEnd()}\n`)
}

/** What enrolment needs: the installer's identity, the node's CSR, and the key that signed it. */
export function readInstaller(paths: AgentPaths) {
  const found = {
    ca: need(paths.caFile),
    identity: { certificate: need(paths.installerCertificate), key: need(paths.installerKey) },
    csr: need(paths.nodeCsr),
    key: readIfThere(paths.nodeKey) ?? partsOf(readIfThere(paths.nodeIdentity) ?? '').key ?? need(paths.nodeKey),
  }
  const { ca, identity, key } = found
  const damaged = [
    { path: paths.caFile, isWhole: parses(() => new X509Certificate(ca)) },
    { path: paths.installerCertificate, isWhole: parses(() => new X509Certificate(identity.certificate)) },
    { path: paths.installerKey, isWhole: parses(() => createPrivateKey(identity.key)) },
    { path: paths.nodeKey, isWhole: parses(() => createPrivateKey(key)) },
  ].find(({ isWhole }) => !isWhole)
  if (damaged) throw incomplete(damaged.path)
  return found
}

/** Whether the installation ran, perhaps again, and the node has not enrolled since. */
export function hasInstaller(paths: AgentPaths): boolean {
  return [paths.installerKey, paths.installerCertificate, paths.nodeCsr].every((path) => existsSync(path))
}

/** Removes the state of an earlier node with this machine's paths, which a new node must not continue. */
export function removeNodeState(paths: AgentPaths): void {
  const { linkFile, instructionFile, provisionedFile, outboxFile, imagesFile, addedImagesFile } = paths
  for (const path of [linkFile, instructionFile, provisionedFile, outboxFile, imagesFile, addedImagesFile])
    rmSync(path, { force: true })
}

/** Removes the installer's key once the node has its own key and certificate. */
export function removeInstaller(paths: AgentPaths): void {
  const { installerKey, installerCertificate, nodeCsr, nodeKey } = paths
  for (const path of [installerKey, installerCertificate, nodeCsr, nodeKey]) rmSync(path, { force: true })
}

/** Private keys on this machine, for redaction. */
export function privateKeys(paths: AgentPaths): string[] {
  const texts = [paths.nodeIdentity, paths.nodeKey, paths.installerKey].map((path) => {
    try {
      return readIfThere(path)?.split(CERTIFICATE)[0]
    } catch {
      // A key that cannot be read cannot leak. Code that needs it reports the error.
      return undefined
    }
  })
  return texts.filter((key) => key !== undefined)
}

function need(path: string): string {
  const text = readIfThere(path)
  if (text === undefined) throw incomplete(path)
  return text
}

export function incomplete(path: string): AgentError {
  return new AgentError('agent/incomplete', `${path} is missing or damaged, and the service needs it`, {
    fix: 'run the installation again with NAME.pem and its passphrase: the node enrols again if necessary',
  })
}
