import { randomInt } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { AgentError } from '../../../base/agent-error.ts'
import type { InstallerParts } from '../../../protocol/api/identities/credentials.ts'
import type { NodeOptions } from '../../../protocol/api/identities/node-options.ts'
import { nodeOptionsBlock } from './node-options.ts'

const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'
const PASSPHRASE_LENGTH = 25

/** 125 random bits, in groups that a person can read aloud. */
function newPassphrase(): string {
  const characters = Array.from({ length: PASSPHRASE_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)])
  return characters.join('').replace(/(.{5})(?=.)/g, '$1-')
}

/** A new key, encrypted with a new passphrase. */
export async function newInstallerKey(): Promise<{ csr: string; encryptedKey: string; passphrase: string }> {
  const [{ createKeyPair }, { buildCsr }, { encryptKey }] = await Promise.all([
    import('../../../pki/key.ts'),
    import('../../../pki/csr.ts'),
    import('../../../pki/encrypt-key.ts'),
  ])
  const { privateKey } = createKeyPair()
  const passphrase = newPassphrase()
  return { csr: buildCsr(privateKey, 'installer'), encryptedKey: encryptKey(privateKey, passphrase), passphrase }
}

export interface ReservedFile {
  path: string
  write(text: string): void
  /** Deletes the file. */
  release(): void
}

/**
 * Creates a file, empty and with mode 0600, before the controller is asked: its answer could not be saved otherwise. Throws if
 * the file exists.
 */
export function reserveFile(path: string): ReservedFile {
  const file = create(path)
  return {
    path,
    write(text) {
      writeSync(file, text)
      fsyncSync(file)
      closeSync(file)
    },
    release() {
      closeSync(file)
      rmSync(path, { force: true })
    },
  }
}

export interface ReservedFiles {
  credentials: string
  passphrase: string
  write(credentials: string, passphrase: string): void
  /** Deletes both files. */
  release(): void
}

/** Reserves NAME.pem and NAME-passphrase.txt. */
function reserveFiles(directory: string, name: string): ReservedFiles {
  mkdirSync(directory, { recursive: true })
  const first = reserveFile(join(directory, `${name}.pem`))
  const second = attempt(
    () => reserveFile(join(directory, `${name}-passphrase.txt`)),
    () => first.release(),
  )
  return {
    credentials: first.path,
    passphrase: second.path,
    write(credentialsText, passphraseText) {
      first.write(credentialsText)
      second.write(`${passphraseText}\n`)
    },
    release() {
      first.release()
      second.release()
    },
  }
}

/**
 * Reserves the two files, asks the controller for the certificate of a new key, and saves both. The key, the passphrase and the
 * options never leave this machine.
 */
export async function saveCredentials(
  directory: string,
  name: string,
  ask: (csr: string) => Promise<InstallerParts>,
  options?: NodeOptions,
): Promise<ReservedFiles> {
  const { credentialsText } = await import('../../../controller/clusters/join/credentials-text.ts')
  const files = reserveFiles(directory, name)
  try {
    const { csr, encryptedKey, passphrase } = await newInstallerKey()
    const block = options === undefined ? '' : await nodeOptionsBlock(options, passphrase)
    files.write(credentialsText(encryptedKey, await ask(csr)) + block, passphrase)
  } catch (error) {
    files.release()
    throw error
  }
  return files
}

/** How to use the two files. */
export const onEachNode = (name: string): string => `Copy the two files and the agent to each node. On each node, run:
  sudo ./agent --creds-file ${name}.pem --passphrase-file ${name}-passphrase.txt
`

function create(path: string): number {
  try {
    return openSync(path, 'wx', 0o600)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : 'unknown'
    const exists = code === 'EEXIST'
    throw new AgentError(
      exists ? 'create/file-exists' : 'create/cannot-write',
      exists ? `${path} exists, and is not replaced` : `cannot write ${path}: ${code}`,
      {
        fix: exists
          ? 'move the existing file away, or name another one'
          : 'pass the path of a place that can be written',
        kind: 'invalid',
        cause,
      },
    )
  }
}

function attempt<T>(work: () => T, undo: () => void): T {
  try {
    return work()
  } catch (error) {
    undo()
    throw error
  }
}
