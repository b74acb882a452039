import { AgentError } from '../errors/agent-error.ts'
import { ExitCode } from '../errors/exit-codes.ts'
import type { CheckSummary } from '../protocol/check-summary.ts'
import { readIfThere } from './durable-file.ts'
import type { AgentPaths } from './paths.ts'

/** agent.json: what the service needs to know beside its keys. */
export interface AgentConfig {
  format: 1
  nodeName: string
  /** Of the controller, tried in turn. */
  urls: string[]
  cluster: { id: string; name: string }
  /** Ed25519 public key that signs instructions: SPKI DER, base64. */
  instructionKey: string
  /** The cluster that was asked for by --cluster-name. */
  clusterName?: string
  proxy?: string
  /** What the prechecks had to say when it was installed. */
  warnings?: CheckSummary[]
}

export function readConfig(paths: Pick<AgentPaths, 'configFile'>): AgentConfig | undefined {
  const text = readIfThere(paths.configFile)
  if (text === undefined) return undefined
  try {
    const config = JSON.parse(text) as AgentConfig
    if (config.format === 1 && Array.isArray(config.urls) && config.urls.length > 0) return config
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
  }
  throw new AgentError('config/damaged', `${paths.configFile} is not what an installation writes`, {
    fix: 'run the installation again with the same credentials',
    exitCode: ExitCode.usage,
  })
}

export function requireConfig(paths: Pick<AgentPaths, 'configFile' | 'unit'>): AgentConfig {
  const config = readConfig(paths)
  if (config) return config
  throw new AgentError('agent/not-installed', `the agent is not installed here (no ${paths.configFile})`, {
    fix: 'install it: agent --creds-file NAME.pem --passphrase-file NAME-passphrase.txt',
    exitCode: ExitCode.usage,
  })
}
