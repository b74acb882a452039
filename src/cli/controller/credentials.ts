import { randomInt } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { AgentError } from '../../base/agent-error.ts'
import type { CreateClusterResponse } from '../../protocol/api/clusters.ts'

const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'
const PASSPHRASE_LENGTH = 25

/** 125 random bits, in groups that a person can read aloud. */
export function newPassphrase(): string {
  const characters = Array.from({ length: PASSPHRASE_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)])
  return characters.join('').replace(/(.{5})(?=.)/g, '$1-')
}

export interface ReservedFiles {
  credentials: string
  passphrase: string
  write(credentials: string, passphrase: string): void
  /** Deletes both files. */
  release(): void
}

/**
 * Creates NAME.pem and NAME-passphrase.txt, empty and with mode 0600, before the controller is asked to create the cluster:
 * its answer could not be saved otherwise. Throws if a file exists.
 */
export function reserveFiles(directory: string, name: string): ReservedFiles {
  const credentials = join(directory, `${name}.pem`)
  const passphrase = join(directory, `${name}-passphrase.txt`)
  mkdirSync(directory, { recursive: true })
  const first = create(credentials)
  const second = attempt(
    () => create(passphrase),
    () => discard(first, credentials),
  )
  return {
    credentials,
    passphrase,
    write(credentialsText, passphraseText) {
      fill(first, credentialsText)
      fill(second, `${passphraseText}\n`)
      closeSync(first)
      closeSync(second)
    },
    release() {
      discard(first, credentials)
      discard(second, passphrase)
    },
  }
}

/** The text of NAME.pem. */
export async function credentialsText(
  encryptedKey: string,
  installer: CreateClusterResponse['installer'],
): Promise<string> {
  const { toPem } = await import('../../pki/pem.ts')
  const { ENROLMENT_LABEL } = await import('../../protocol/api/installer.ts')
  const enrolment = toPem(ENROLMENT_LABEL, Buffer.from(JSON.stringify(installer.enrolment), 'utf8'))
  return [installer.certificate, encryptedKey, installer.ca, enrolment].join('')
}

function create(path: string): number {
  try {
    return openSync(path, 'wx', 0o600)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : 'unknown'
    const exists = code === 'EEXIST'
    throw new AgentError(exists ? 'create/file-exists' : 'create/cannot-write', `cannot write ${path}: ${code}`, {
      fix: exists ? 'move the existing file away, or pass another --output DIR' : 'pass a writable --output DIR',
      kind: 'invalid',
      cause,
    })
  }
}

function fill(file: number, text: string): void {
  writeSync(file, text)
  fsyncSync(file)
}

function discard(file: number, path: string): void {
  closeSync(file)
  rmSync(path, { force: true })
}

function attempt<T>(work: () => T, undo: () => void): T {
  try {
    return work()
  } catch (error) {
    undo()
    throw error
  }
}
