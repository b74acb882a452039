import { existsSync } from 'node:fs'
import { readConfigIfValid } from '../../../agent/config.ts'
import { readLogins } from '../../../agent/install/registry-logins.ts'
import type { AgentPaths } from '../../../agent/paths.ts'
import { AgentError } from '../../../base/agent-error.ts'
import { version } from '../../../base/version.ts'
import { collectFacts } from '../../../host/linux/facts.ts'
import { linuxHostView } from '../../../host/linux/host-view.ts'
import type { Facts } from '../../../protocol/wire/facts.ts'
import { certificatesOf } from '../../../provision/certificates/certificates-of.ts'
import { agentCertificate, CERTIFICATE_PLACES } from '../../../provision/certificates/places.ts'
import { pathsIn } from './started-by-service.ts'

/**
 * `agent facts [--instance NAME]`: the service starts it to collect the facts of this node. Writes them to stdout as JSON.
 * Kubernetes that another program installed is not the agent's: its certificates are not reported.
 */
export async function printFacts(argv: readonly string[]): Promise<void> {
  const paths = pathsIn(argv)
  const { nodeIdentity, provisionedFile } = paths
  const places = [agentCertificate(nodeIdentity), ...(existsSync(provisionedFile) ? CERTIFICATE_PLACES : [])]
  const view = linuxHostView(paths.layout)
  const [facts, certificates] = await Promise.all([
    collectFacts(view, { agentVersion: version.version, versions: { node: process.versions.node } }),
    certificatesOf(view, places),
  ])
  process.stdout.write(`${JSON.stringify({ ...facts, ...whatWasGiven(paths), certificates })}\n`)
}

/** What the installation was given for this node alone, without users and passwords. */
export function whatWasGiven(paths: AgentPaths): Pick<Facts, 'proxy' | 'registryLogins'> {
  const proxy = readConfigIfValid(paths)?.proxy
  const hosts = loginHosts(paths)
  return {
    ...(proxy && {
      proxy: { ...(proxy.url && { url: new URL(proxy.url).origin }), ...(proxy.inspects && { inspects: true }) },
    }),
    ...(hosts.length > 0 && { registryLogins: hosts }),
  }
}

/** None if the file is damaged, which the next run says. */
function loginHosts(paths: AgentPaths): string[] {
  try {
    return Object.keys(readLogins(paths)).sort()
  } catch (error) {
    if (error instanceof AgentError) return []
    throw error
  }
}
