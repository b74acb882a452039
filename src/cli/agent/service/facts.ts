import { existsSync } from 'node:fs'
import { version } from '../../../base/version.ts'
import { collectFacts } from '../../../host/linux/facts.ts'
import { linuxHostView } from '../../../host/linux/host-view.ts'
import { certificatesOf } from '../../../provision/certificates/certificates-of.ts'
import { agentCertificate, CERTIFICATE_PLACES } from '../../../provision/certificates/places.ts'
import { pathsIn } from './started-by-service.ts'

/**
 * `agent facts [--instance NAME]`: the service starts it to collect the facts of this node. Writes them to stdout as JSON.
 * Kubernetes that another program installed is not the agent's: its certificates are not reported.
 */
export async function printFacts(argv: readonly string[]): Promise<void> {
  const { nodeIdentity, provisionedFile } = pathsIn(argv)
  const places = [agentCertificate(nodeIdentity), ...(existsSync(provisionedFile) ? CERTIFICATE_PLACES : [])]
  const view = linuxHostView()
  const [facts, certificates] = await Promise.all([
    collectFacts(view, { agentVersion: version.version, versions: { node: process.versions.node } }),
    certificatesOf(view, places),
  ])
  process.stdout.write(`${JSON.stringify({ ...facts, certificates })}\n`)
}
