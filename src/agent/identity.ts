import { rmSync } from 'node:fs'
import { AgentError } from '../errors/agent-error.ts'
import { readIfThere, writeDurably } from './durable-file.ts'
import type { AgentPaths } from './paths.ts'

/** What the node shows itself with, and whom it trusts (PEM). */
export interface NodeIdentity {
  ca: string
  cert: string
  key: string
}

/** The node's certificate and key, once it is enrolled. */
export function readIdentity(paths: AgentPaths): NodeIdentity | undefined {
  const cert = readIfThere(paths.nodeCertificate)
  if (cert === undefined) return undefined
  return { ca: need(paths.caFile), cert, key: need(paths.nodeKey) }
}

/** What enrolment needs: the installer's identity and the node's own request. */
export function readInstaller(paths: AgentPaths) {
  return {
    ca: need(paths.caFile),
    identity: { certificate: need(paths.installerCertificate), key: need(paths.installerKey) },
    csr: need(paths.nodeCsr),
  }
}

/**
 * The node has its own certificate from here on; the installer's key leaves it. What an earlier identity had to do with
 * its controller is no concern of this one.
 */
export function keepIdentity(paths: AgentPaths, certificate: string): void {
  for (const path of [paths.linkFile, paths.instructionFile, paths.outboxFile]) rmSync(path, { force: true })
  writeDurably(paths.nodeCertificate, certificate)
  forgetInstaller(paths)
}

export function forgetInstaller(paths: AgentPaths): void {
  for (const path of [paths.installerKey, paths.installerCertificate, paths.nodeCsr]) rmSync(path, { force: true })
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
