import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { AgentError } from '../../../../base/agent-error.ts'
import type { PushFlags } from '../options.ts'
import { sshConfig } from './config.ts'
import { type RunOnHost, runBySsh } from './run.ts'

const CONNECT_SECONDS = 15

/** Runs `work` with what runs scripts on hosts. Its file for ssh is deleted afterwards. */
export async function withSshConfig<T>(
  {
    sshUser,
    sshKey,
    sshOption = [],
    jump,
    acceptNewHostKeys = false,
  }: Pick<PushFlags, 'sshUser' | 'sshKey' | 'sshOption' | 'jump' | 'acceptNewHostKeys'>,
  work: (run: RunOnHost) => Promise<T>,
): Promise<T> {
  const key = sshKey === undefined ? undefined : existing(resolve(sshKey))
  const directory = await mkdtemp(join(tmpdir(), 'cantrip-push-'))
  try {
    const config = join(directory, 'ssh_config')
    const text = sshConfig({ acceptNewHostKeys, key, options: sshOption, connectTimeoutSeconds: CONNECT_SECONDS })
    await writeFile(config, text, { mode: 0o600 })
    return await work(runBySsh({ config, user: sshUser, jump, key, options: sshOption }))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function existing(path: string): string {
  if (existsSync(path)) return path
  throw new AgentError('push/no-key-file', `the private key ${path} does not exist`, {
    fix: 'pass the path of an existing key with --ssh-key, or omit it to use your ssh-agent and ssh_config',
    kind: 'invalid',
  })
}
