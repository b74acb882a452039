import { existsSync, rmSync } from 'node:fs'
import { AgentError } from '../errors/agent-error.ts'
import { readIfThere, writeDurably } from './durable-file.ts'
import type { AgentPaths } from './paths.ts'

/** What the node shows itself with, and whom it trusts (PEM). */
export interface NodeIdentity {
  ca: string
  cert: string
  key: string
}

const CERTIFICATE = '-----BEGIN CERTIFICATE-----'

/** The node's key and certificate, once it is enrolled. They lie in one file, so that they always belong together. */
export function readIdentity(paths: AgentPaths): NodeIdentity | undefined {
  const pair = readIfThere(paths.nodeIdentity)
  if (pair === undefined) return undefined
  const at = pair.indexOf(CERTIFICATE)
  if (at < 0 || pair.slice(0, at).trim() === '') throw incomplete(paths.nodeIdentity)
  return { ca: need(paths.caFile), key: pair.slice(0, at), cert: pair.slice(at) }
}

/** The old pair or the new one, whenever the power goes. */
export function keepIdentity(paths: AgentPaths, { key, cert }: Pick<NodeIdentity, 'key' | 'cert'>): void {
  writeDurably(paths.nodeIdentity, `${key.trimEnd()}\n${cert.trimEnd()}\n`)
}

/** What enrolment needs: the installer's identity, the node's own request, and the key that made it. */
export function readInstaller(paths: AgentPaths) {
  return {
    ca: need(paths.caFile),
    identity: { certificate: need(paths.installerCertificate), key: need(paths.installerKey) },
    csr: need(paths.nodeCsr),
    key: readIfThere(paths.nodeKey) ?? readIdentity(paths)?.key ?? need(paths.nodeKey),
  }
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
  const pair = readIfThere(paths.nodeIdentity)?.split(CERTIFICATE)[0]
  return [pair, readIfThere(paths.nodeKey), readIfThere(paths.installerKey)].filter((key) => key !== undefined)
}

export function need(path: string): string {
  const text = readIfThere(path)
  if (text === undefined) throw incomplete(path)
  return text
}

export function incomplete(path: string): AgentError {
  return new AgentError('agent/incomplete', `${path} is missing or damaged; the service cannot do without it`, {
    fix: 'run the installation again with the same credentials',
  })
}
