import type { Command } from 'commander'
import {
  type CredentialSetView,
  credentialRoutes,
  MAX_DAYS,
  MAX_NODES,
} from '../../../protocol/api/identities/credentials.ts'
import { confirm } from '../../kit/confirm.ts'
import {
  type Column,
  examples,
  type Format,
  formatOption,
  localTime,
  type PlainFormat,
  render,
  tableOption,
  withFormatOrPath,
} from '../../kit/output.ts'
import { CLUSTER, findCluster } from '../clusters/find-cluster.ts'
import { print, printAs, withAdmin, withClient } from '../session/session.ts'
import { countUpTo, labelOf, ttlUpTo, validOption } from './arguments.ts'
import { identityColumns } from './identity-columns.ts'
import { addNodeOptions, type NodeOptionFlags, nodeOptionsOf } from './node-options.ts'

interface RenewFlags extends NodeOptionFlags {
  admin?: string
  name?: string
  ttl?: number
  /** The earlier name of `ttl`. */
  valid?: number
  maxNodes?: number
  credentials: string
  output: PlainFormat
}

const columns = (now: Date): Column<CredentialSetView>[] => [
  { title: 'NAME', of: ({ name }) => name },
  {
    title: 'NODES',
    of: ({ enrolled, maxNodes }) => (maxNodes === null ? `${enrolled}` : `${enrolled} of ${maxNodes}`),
  },
  {
    title: 'JOIN UNTIL',
    of: ({ fetchableUntil }) => (fetchableUntil === null ? '' : localTime(fetchableUntil)),
    rare: true,
  },
  ...identityColumns(now),
]

/** `controller creds list|renew|revoke`. */
export function registerCreds(program: Command): void {
  const creds = program.command('creds').description('list, renew and revoke the credentials that nodes enrol with')
  withAdmin(creds.command('list'))
    .description('list every set of credentials of a cluster')
    .argument(...CLUSTER)
    .addOption(tableOption())
    .addHelpText('after', examples('controller creds list factory', 'controller creds list factory -o wide'))
    .action((cluster: string, flags: { admin?: string; output: Format }) =>
      withClient(flags, async (client) => {
        const { name } = await findCluster(client, cluster)
        const all = await client.ask(credentialRoutes.listCredentials, { params: { name } })
        print(await render(flags.output, all, all, columns(new Date())))
      }),
    )
  const renewing = withFormatOrPath(withAdmin(creds.command('renew')), 'credentials')
    .description('issue another set of credentials; the others stay valid until they expire or are revoked')
    .argument(...CLUSTER)
    .option('--name <name>', 'name of the set and of its files (default: CLUSTER-2, CLUSTER-3, …)', labelOf)
    .option(
      '--ttl <duration>',
      "how long it is valid, in days (default: the cluster's --installer-ttl)",
      ttlUpTo(MAX_DAYS),
    )
    .addOption(validOption(MAX_DAYS))
    .option('--max-nodes <number>', 'how many nodes can enrol with it (default: any number)', countUpTo(MAX_NODES))
    .option('--credentials <directory>', 'directory for NAME.pem and NAME-passphrase.txt', '.')
  addNodeOptions(renewing)
    .addHelpText(
      'after',
      examples(
        'controller creds renew factory',
        'controller creds renew factory --proxy http://proxy.example.org:3128 --tls-terminating-proxy',
        'controller creds renew factory --name hall-3 --ttl 7d --max-nodes 40 --credentials /root/creds',
      ),
    )
    .action(renew)
  withAdmin(creds.command('revoke'))
    .description('revoke a set of credentials; nodes that enrolled with it, and were approved, stay')
    .argument(...CLUSTER)
    .argument('<set>', 'name of the set')
    .option('-y, --yes', 'do not ask for confirmation')
    .addOption(formatOption())
    .addHelpText('after', examples('controller creds revoke factory hall-3'))
    .action((cluster: string, set: string, flags: { admin?: string; yes?: boolean; output: PlainFormat }) =>
      withClient(flags, async (client) => {
        const { name } = await findCluster(client, cluster)
        await confirm(`Revoke credentials ${set} of cluster ${name}?`, flags.yes)
        const revoked = await client.ask(credentialRoutes.revokeCredentials, { params: { name, set } })
        const text = `Credentials ${set} of cluster ${name} are revoked. For further nodes: controller creds renew ${name}\n`
        await printAs(flags.output, revoked, text)
      }),
    )
}

async function renew(cluster: string, flags: RenewFlags): Promise<void> {
  const { onEachNode, saveCredentials } = await import('./new-credentials.ts')
  const options = await nodeOptionsOf(flags)
  await withClient(flags, async (client) => {
    const { name: of } = await findCluster(client, cluster)
    const known = await client.ask(credentialRoutes.listCredentials, { params: { name: of } })
    const name = flags.name ?? nextName(of, known)
    let issued: CredentialSetView | undefined
    const ask = async (csr: string) => {
      const body = { name, csr, days: flags.ttl ?? flags.valid, maxNodes: flags.maxNodes }
      const answer = await client.ask(credentialRoutes.renewCredentials, { params: { name: of }, body })
      issued = answer.credentials
      return answer.installer
    }
    const files = await saveCredentials(flags.credentials, name, ask, options)
    const { credentials, passphrase } = files
    const text = `Credentials ${name} of cluster ${of} issued.
Written: ${credentials} and ${passphrase}. Keep both secret.

${onEachNode(name)}`
    await printAs(flags.output, { credentials: issued, files: { credentials, passphrase } }, text)
  })
}

/** CLUSTER-2 after the set that `cluster create` issued, and so on. */
export function nextName(cluster: string, known: readonly { name: string }[]): string {
  const names = new Set(known.map(({ name }) => name))
  let number = known.length + 1
  while (names.has(`${cluster}-${number}`)) number++
  return `${cluster}-${number}`
}
