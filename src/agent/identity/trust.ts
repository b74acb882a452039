import { createHash, type KeyObject, X509Certificate } from 'node:crypto'
import { readIfThere } from '../../base/durable-file.ts'
import type { AgentConfig } from '../config.ts'
import { readInstructionKey } from '../gate/open-signed.ts'
import type { AgentPaths } from '../paths.ts'
import { writeStateFile } from '../state-file.ts'

/** What the controller sent this node to trust, in the place of what the installation wrote. */
export interface ReceivedTrust {
  generation: number
  /** PEM; the newest is last. */
  authorities: string[]
  /** SPKI DER, base64. */
  instructionKeys: string[]
  /** Instruction keys that were trusted before; the latest is last. Nothing new is accepted from them. */
  formerKeys?: string[]
}

const MOST_FORMER = 8

type Paths = Pick<AgentPaths, 'caFile' | 'trustFile'>

/**
 * Undefined if the node received nothing since its CA certificate was installed: another installation replaces what an earlier
 * controller sent. Also for a damaged file, because the controller sends it again.
 */
export function readTrust(paths: Paths): ReceivedTrust | undefined {
  return trustIn(readIfThere(paths.trustFile), readIfThere(paths.caFile) ?? '')
}

/** `text`: the content of the file; `installedCa`: the CA certificate that the installation wrote. */
export function trustIn(text: string | undefined, installedCa: string): ReceivedTrust | undefined {
  try {
    const { since, ...received } = JSON.parse(text ?? '') as ReceivedTrust & { since: string }
    return since === hashOf(installedCa) && isUsable(received) ? received : undefined
  } catch {
    return undefined
  }
}

/** Durable when it returns: after a crash the file has the old content or the new one. */
export function writeTrust(paths: Paths, { generation, authorities, instructionKeys }: ReceivedTrust): void {
  const since = hashOf(readIfThere(paths.caFile) ?? '')
  const before = readTrust(paths)
  const former = new Set([...(before?.formerKeys ?? []), ...(before?.instructionKeys ?? [])])
  for (const key of instructionKeys) former.delete(key)
  const received = { generation, authorities, instructionKeys, formerKeys: [...former].slice(-MOST_FORMER) }
  writeStateFile(paths.trustFile, `${JSON.stringify({ since, ...received })}\n`)
}

/** Whether all of it can be read. Never throws. */
export function isUsable({ generation, authorities, instructionKeys, formerKeys = [] }: ReceivedTrust): boolean {
  try {
    const areCas = authorities.every((pem) => new X509Certificate(pem).ca)
    const areKeys = [...instructionKeys, ...formerKeys].every(
      (key) => readInstructionKey(key).asymmetricKeyType === 'ed25519',
    )
    return Number.isSafeInteger(generation) && authorities.length > 0 && instructionKeys.length > 0 && areCas && areKeys
  } catch {
    return false
  }
}

/** The keys that sign instructions. */
export function instructionKeysOf(
  paths: Paths,
  config: Pick<AgentConfig, 'instructionKey' | 'nextInstructionKey'>,
): KeyObject[] {
  const { instructionKey, nextInstructionKey } = config
  const installed = [instructionKey, ...(nextInstructionKey === undefined ? [] : [nextInstructionKey])]
  return (readTrust(paths)?.instructionKeys ?? installed).map(readInstructionKey)
}

/** The keys that sign instructions, and those that did: one of them signed what this node has carried out. */
export function everTrustedKeysOf(
  paths: Paths,
  config: Pick<AgentConfig, 'instructionKey' | 'nextInstructionKey'>,
): KeyObject[] {
  const former = [config.instructionKey, ...(readTrust(paths)?.formerKeys ?? [])]
  return [...instructionKeysOf(paths, config), ...former.map(readInstructionKey)]
}

/** The certificates in a PEM text, in its order. */
export function certificatesIn(pem: string): X509Certificate[] {
  return pem.match(CERTIFICATE)?.map((each) => new X509Certificate(each)) ?? []
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/** Whether one of these CAs (PEM) issued the certificate. */
export function isIssuedBy(ca: string, certificate: string): boolean {
  const issued = new X509Certificate(certificate)
  return certificatesIn(ca).some((each) => issued.verify(each.publicKey))
}

/** Whether the node received a CA that is newer than the one that issued its certificate. */
export function isOfFormerCa(received: ReceivedTrust | undefined, certificate: string): boolean {
  const newest = received?.authorities.at(-1)
  return newest !== undefined && !isIssuedBy(newest, certificate)
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('base64')
