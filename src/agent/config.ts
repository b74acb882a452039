import { AgentError } from '../base/agent-error.ts'
import type { CheckSummary } from '../protocol/wire/check-summary.ts'
import { readIfThere } from './durable-file.ts'
import { readInstructionKey } from './gate/instruction-gate.ts'
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
  const config = parse(text)
  if (config) return config
  const message = `${paths.configFile} is damaged: found no settings of an agent, wanted what an installation writes there`
  throw new AgentError('config/damaged', message, {
    fix: 'run the installation again with NAME.pem and its passphrase: it writes the file anew',
    kind: 'invalid',
  })
}

/** The same, where a damaged one is as good as none. */
export function wholeConfig(paths: Pick<AgentPaths, 'configFile'>): AgentConfig | undefined {
  const text = readIfThere(paths.configFile)
  return text === undefined ? undefined : parse(text)
}

function parse(text: string): AgentConfig | undefined {
  try {
    const config = JSON.parse(text) as AgentConfig
    const { format, nodeName, urls, cluster, instructionKey } = config
    const texts = [nodeName, cluster.id, cluster.name, instructionKey]
    const isWhole = format === 1 && texts.every((each) => typeof each === 'string' && each !== '')
    if (isWhole && urls.length > 0 && urls.every((url) => URL.canParse(url)) && isPublicKey(instructionKey))
      return config
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof TypeError)) throw cause
  }
  return undefined
}

function isPublicKey(base64: string): boolean {
  try {
    return readInstructionKey(base64).asymmetricKeyType === 'ed25519'
  } catch {
    return false
  }
}

export function requireConfig(paths: Pick<AgentPaths, 'configFile'>): AgentConfig {
  const config = readConfig(paths)
  if (config) return config
  throw notInstalled(paths)
}

export function notInstalled(paths: Pick<AgentPaths, 'configFile'>): AgentError {
  return new AgentError('agent/not-installed', `the agent is not installed here (no ${paths.configFile})`, {
    fix: 'install it: agent --creds-file NAME.pem --passphrase-file NAME-passphrase.txt',
    kind: 'invalid',
  })
}
