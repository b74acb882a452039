import { lookup } from 'node:dns/promises'
import { printable } from '../../../../base/text/printable.ts'
import { buildCsr, clusterUser } from '../../../../pki/csr.ts'
import { createKeyPair, keyToPem } from '../../../../pki/key.ts'
import { kubeconfigRoutes } from '../../../../protocol/api/identities/kubeconfigs.ts'
import type { ClusterRole } from '../../../../protocol/names.ts'
import { localTime, structured } from '../../../kit/output.ts'
import { reserveFile } from '../../identities/new-credentials.ts'
import type { AdminClient } from '../../session/client.ts'
import { print, withClient } from '../../session/session.ts'
import { findCluster } from '../find-cluster.ts'
import { kubeconfigOf } from './kubeconfig.ts'
import { parseServer, serverOf } from './server.ts'

export interface IssueFlags {
  admin?: string
  user?: string
  role: ClusterRole
  ttl: number
  to?: string
  /** The earlier name of `to`. */
  file?: string
  server?: string
  output: 'json' | 'yaml'
}

/** A master has the certificate signed within 10 s, and may be busy. */
const SIGNING_MS = 30_000

/** Makes a key, has the cluster sign a certificate for it, and writes both as a kubeconfig. */
export async function writeKubeconfig(name: string, flags: IssueFlags): Promise<void> {
  const given = flags.server === undefined ? undefined : parseServer(flags.server)
  await withClient(flags, async (client) => {
    const { name: cluster } = await findCluster(client, name)
    const person = flags.user ?? (await ownName(client, cluster))
    const to = flags.to ?? flags.file
    const file = to === undefined ? undefined : reserveFile(to)
    try {
      const { privateKey, publicKey } = createKeyPair()
      const csr = buildCsr(privateKey, clusterUser(person, publicKey))
      const asked = { params: { name: cluster }, body: { person, role: flags.role, seconds: flags.ttl, csr } }
      const issued = await client.ask(kubeconfigRoutes.createKubeconfig, asked, { waitMs: SIGNING_MS })
      const server = await serverOf(issued, given, isKnownHere)
      const text = await structured(flags.output, kubeconfigOf(cluster, issued, keyToPem(privateKey), server))
      if (file) file.write(text)
      else print(text)
      const { user, role, expiresAt } = issued.access
      const until = expiresAt === null ? '' : `, until ${localTime(expiresAt)}`
      const written = file ? `Written: ${file.path}. ` : ''
      process.stderr.write(`${printable(`${written}User ${user}, role ${role}${until}, at ${server.url}.`)}\n`)
      if (server.note) process.stderr.write(`[!] ${printable(server.note)}\n`)
    } catch (error) {
      file?.release()
      throw error
    }
  })
}

async function ownName(client: AdminClient, name: string): Promise<string> {
  return (await client.ask(kubeconfigRoutes.listKubeconfigs, { params: { name } })).you.person
}

const isKnownHere = (host: string) =>
  lookup(host).then(
    () => true,
    () => false,
  )
