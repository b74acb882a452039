import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { AgentError } from '../../base/agent-error.ts'
import { readIfThere, writeDurably } from '../durable-file.ts'
import type { AgentPaths } from '../paths.ts'

/** What the node shows itself with, and whom it trusts (PEM). */
export interface NodeIdentity {
  ca: string
  cert: string
  key: string
}

const CERTIFICATE = '-----BEGIN CERTIFICATE-----'

/**
 * The node's key and certificate, once it is enrolled. They lie in one file, so that they always belong together. Throws
 * `agent/incomplete` where that file, or the authority's certificate, is damaged.
 */
export function readIdentity(paths: AgentPaths): NodeIdentity | undefined {
  const pair = readIfThere(paths.nodeIdentity)
  if (pair === undefined) return undefined
  const { key, cert } = partsOf(pair)
  if (key === undefined || cert === undefined) throw incomplete(paths.nodeIdentity)
  const ca = need(paths.caFile)
  if (!parses(() => new X509Certificate(ca))) throw incomplete(paths.caFile)
  return { ca, key, cert }
}

/** The same, where a damaged one is as good as none. */
export function wholeIdentity(paths: AgentPaths): NodeIdentity | undefined {
  try {
    return readIdentity(paths)
  } catch (error) {
    if (error instanceof AgentError) return undefined
    throw error
  }
}

/** Of what `keepIdentity` wrote. Absent is what cannot be read, and a certificate that is not the key's. */
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

/** The old pair or the new one, whenever the power goes. */
export function keepIdentity(paths: AgentPaths, { key, cert }: Pick<NodeIdentity, 'key' | 'cert'>): void {
  writeDurably(paths.nodeIdentity, `${key.trimEnd()}\n${cert.trimEnd()}\n`)
}

/** What enrolment needs: the installer's identity, the node's own request, and the key that made it. */
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

/** Whether somebody ran the installation, again perhaps, and the node has not enrolled since. */
export function hasInstaller(paths: AgentPaths): boolean {
  return [paths.installerKey, paths.installerCertificate, paths.nodeCsr].every((path) => existsSync(path))
}

/** What an earlier node had to do with its controller is no concern of the one that takes its place. */
export function forgetNode(paths: AgentPaths): void {
  for (const path of [paths.linkFile, paths.instructionFile, paths.outboxFile]) rmSync(path, { force: true })
}

/** The node has its own pair: the installer's key leaves it. */
export function forgetInstaller(paths: AgentPaths): void {
  const { installerKey, installerCertificate, nodeCsr, nodeKey } = paths
  for (const path of [installerKey, installerCertificate, nodeCsr, nodeKey]) rmSync(path, { force: true })
}

/** Private keys on this machine, for those who must not let them out. */
export function privateKeys(paths: AgentPaths): string[] {
  const texts = [paths.nodeIdentity, paths.nodeKey, paths.installerKey].map((path) => {
    try {
      return readIfThere(path)?.split(CERTIFICATE)[0]
    } catch {
      // What cannot be read gets nowhere; whoever needs it says so.
      return undefined
    }
  })
  return texts.filter((key) => key !== undefined)
}

export function need(path: string): string {
  const text = readIfThere(path)
  if (text === undefined) throw incomplete(path)
  return text
}

export function incomplete(path: string): AgentError {
  return new AgentError('agent/incomplete', `${path} is missing or damaged; the service cannot do without it`, {
    fix: 'run the installation again with NAME.pem and its passphrase: the node enrols anew where that is needed',
  })
}
