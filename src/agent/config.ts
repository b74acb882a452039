import { AgentError } from '../base/agent-error.ts'
import { readIfThere } from '../base/durable-file.ts'
import type { HttpProxy } from '../host/network.ts'
import { isProxyUrl } from '../protocol/proxy-url.ts'
import { areNodeLabels } from '../protocol/settings/node-labels.ts'
import type { CheckSummary } from '../protocol/wire/check-summary.ts'
import { isControllerUrl, readControllers } from './controllers.ts'
import { readInstructionKey } from './gate/open-signed.ts'
import type { AgentPaths } from './paths.ts'

/** agent.json: the settings of the service. */
export interface AgentConfig {
  format: 1
  nodeName: string
  /** Controller URLs, tried in turn: those of the credentials, then others that the controller told the node. */
  urls: string[]
  cluster: { id: string; name: string }
  /** Ed25519 public key that signs instructions: SPKI DER, base64. */
  instructionKey: string
  /** The key that follows it, if the credentials were written during a rotation of the keys. */
  nextInstructionKey?: string
  /** The value of --cluster-name. */
  clusterName?: string
  /** In the file a text if it inspects nothing, as earlier builds read it. */
  proxy?: HttpProxy
  /** The values of --label, for the rules of the cluster. */
  labels?: Record<string, string>
  /** Prechecks that did not pass at installation. */
  warnings?: CheckSummary[]
}

type Paths = Pick<AgentPaths, 'configFile' | 'controllersFile'>

export function readConfig(paths: Paths): AgentConfig | undefined {
  const text = readIfThere(paths.configFile)
  if (text === undefined) return undefined
  const config = parse(text)
  if (config) return withReceivedUrls(config, paths)
  const message = `${paths.configFile} is damaged: it does not contain valid agent settings`
  throw new AgentError('config/damaged', message, {
    fix: 'run the installation again with NAME.pem and its passphrase: it rewrites the file',
    kind: 'invalid',
  })
}

/** The URLs of the credentials, and those of the last list of controllers. */
export function urlsNow(config: AgentConfig, paths: Paths): string[] {
  return withReceivedUrls(readConfigIfValid(paths) ?? config, paths).urls
}

function withReceivedUrls(config: AgentConfig, paths: Paths): AgentConfig {
  const received = readControllers(paths, config.cluster.id)?.urls ?? []
  return { ...config, urls: [...new Set([...config.urls, ...received])] }
}

/** Like `readConfig`, but undefined for a damaged file, and without the URLs that the node has received. */
export function readConfigIfValid(paths: Pick<AgentPaths, 'configFile'>): AgentConfig | undefined {
  const text = readIfThere(paths.configFile)
  return text === undefined ? undefined : parse(text)
}

function parse(text: string): AgentConfig | undefined {
  try {
    const { proxy, ...rest } = JSON.parse(text) as Omit<AgentConfig, 'proxy'> & { proxy?: HttpProxy | string }
    const config = {
      ...rest,
      ...(proxy !== undefined && { proxy: typeof proxy === 'string' ? { url: proxy } : proxy }),
    }
    return isWhole(config) ? config : undefined
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof TypeError)) throw cause
    return undefined
  }
}

/** Throws TypeError for values of unexpected types. */
function isWhole({
  format,
  nodeName,
  urls,
  cluster,
  instructionKey,
  nextInstructionKey,
  clusterName,
  proxy,
  labels,
  warnings,
}: AgentConfig): boolean {
  const texts = [nodeName, cluster.id, cluster.name, instructionKey, clusterName ?? cluster.name]
  if (format !== 1 || !texts.every((each) => typeof each === 'string' && each !== '')) return false
  if (urls.length === 0 || !urls.every(isControllerUrl) || !isInstructionKey(instructionKey)) return false
  if (nextInstructionKey !== undefined && !isInstructionKey(nextInstructionKey)) return false
  if (labels !== undefined && !areNodeLabels(labels)) return false
  return (proxy === undefined || isProxy(proxy)) && (warnings === undefined || Array.isArray(warnings))
}

/** The text of agent.json. */
export function configText({ proxy, ...config }: AgentConfig): string {
  const given = proxy?.inspects === undefined ? proxy?.url : proxy
  return `${JSON.stringify({ ...config, ...(given !== undefined && { proxy: given }) }, null, 2)}\n`
}

function isProxy({ url, inspects }: HttpProxy): boolean {
  if (url !== undefined && !isProxyUrl(url)) return false
  return inspects === undefined ? url !== undefined : inspects === true
}

export function isInstructionKey(base64: string): boolean {
  try {
    return readInstructionKey(base64).asymmetricKeyType === 'ed25519'
  } catch {
    return false
  }
}

export function requireConfig(paths: Paths): AgentConfig {
  const config = readConfig(paths)
  if (config) return config
  throw notInstalled(paths)
}

export function notInstalled(paths: Pick<AgentPaths, 'configFile'>): AgentError {
  return new AgentError(
    'agent/not-installed',
    `the agent is not installed on this machine: ${paths.configFile} does not exist`,
    {
      fix: 'install it: agent --creds-file NAME.pem --passphrase-file NAME-passphrase.txt',
      kind: 'invalid',
    },
  )
}
