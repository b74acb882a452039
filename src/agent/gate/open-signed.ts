import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { ErrorReport } from '../../base/agent-error.ts'
import type { Signed } from '../../protocol/wire/signed.ts'

/** Every signed message names its node and its time limit. */
interface Addressed {
  node: string
  expiresAt: string
}

/** A kind of message that the controller signs. */
export interface SignedKind<T extends Addressed> {
  /** The first part of its error codes. */
  code: string
  /** Used in messages. */
  noun:
    | 'instruction'
    | 'operation'
    | 'order'
    | 'list of trusted keys'
    | 'list of controllers'
    | 'list of images'
    | 'ticket'
  /** Loaded after the signature is verified. */
  schema(): Promise<Schema<T>>
}

export interface Knowledge<T> {
  /** One of them has to have signed it. */
  instructionKeys(): readonly KeyObject[]
  nodeId: string
  now: Date
  /** Why a valid message is not accepted now, e.g. because it was accepted before. */
  objection?(body: T): ErrorReport | undefined
}

export type Opened<T> = { kind: 'opened'; body: T } | { kind: 'refused'; error: ErrorReport }

/** The part of a zod schema that is used here. */
interface Schema<T> {
  safeParse(
    value: unknown,
  ): { success: true; data: T } | { success: false; error: { issues: { path: PropertyKey[]; message: string }[] } }
}

/**
 * Opens a signed message, or says why it is refused. The checks, in this order: the signature over the exact bytes,
 * before anything is parsed; the schema, which allows no unknown key; the node; the time limit; then `objection`.
 */
export async function openSigned<T extends Addressed>(
  { code, noun, schema }: SignedKind<T>,
  { payload, signature }: Signed,
  { instructionKeys, nodeId, now, objection }: Knowledge<T>,
): Promise<Opened<T>> {
  const refused = (name: string, message: string, fix: string): Opened<T> => ({
    kind: 'refused',
    error: { code: `${code}/${name}`, message, fix },
  })
  if (!instructionKeys().some((key) => isSignedBy(key, payload, signature))) {
    return refused('unsigned', `received ${withArticle(noun)} that the controller did not sign`, SUSPICIOUS)
  }
  const parsed = (await schema()).safeParse(read(payload))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const why = `${issue?.path.join('.')}: ${issue?.message}`
    return refused('unsupported', `received ${withArticle(noun)} that this agent does not support (${why})`, UPDATE)
  }
  const { node, expiresAt } = parsed.data
  if (node !== nodeId)
    return refused('foreign', `received ${withArticle(noun)} for ${node}; this node is ${nodeId}`, SUSPICIOUS)
  if (new Date(expiresAt) <= now) {
    const clock = `the clock of this machine is at ${now.toISOString()}`
    return refused('expired', `the ${noun} expired at ${expiresAt}; ${clock}`, CLOCKS)
  }
  const error = objection?.(parsed.data)
  return error ? { kind: 'refused', error } : { kind: 'opened', body: parsed.data }
}

export const SUSPICIOUS = 'find out who sent it: the controller of this node does not send such messages'
const UPDATE = 'update the agent on this node'
const CLOCKS = 'compare the clocks of node and controller (timedatectl on both), then retry'

/** Ed25519 public key: SPKI DER in base64, as in the credentials. */
export function readInstructionKey(base64: string): KeyObject {
  return createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' })
}

/** Ed25519 over the exact bytes. */
function isSignedBy(key: KeyObject, payload: string, signature: string): boolean {
  return (
    key.asymmetricKeyType === 'ed25519' && verify(null, Buffer.from(payload), key, Buffer.from(signature, 'base64'))
  )
}

function read(payload: string): unknown {
  try {
    return JSON.parse(payload)
  } catch {
    return undefined
  }
}

const withArticle = (noun: string) => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`
