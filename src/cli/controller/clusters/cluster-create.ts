import type { Command } from 'commander'
import { DEFAULT_PROJECT } from '../../../protocol/api/access.ts'
import type { ClusterView } from '../../../protocol/api/clusters.ts'
import { examples, type PlainFormat, withFormatOrPath } from '../../kit/output.ts'
import { labelOf } from '../identities/arguments.ts'
import { addNodeOptions, type NodeOptionFlags, nodeOptionsOf } from '../identities/node-options.ts'
import { printAs, withAdmin, withClient } from '../session/session.ts'
import { addSettingFlags, type SettingFlags } from './setting-flags.ts'

interface Flags extends SettingFlags, NodeOptionFlags {
  admin?: string
  file?: string
  project: string
  credentials: string
  output: PlainFormat
}

/** `controller cluster create NAME`: writes the two files that nodes enrol with. */
export function registerCreate(cluster: Command): void {
  const creating = withFormatOrPath(addSettingFlags(withAdmin(cluster.command('create'))), 'credentials')
    .description('create a cluster and the credentials that its nodes enrol with')
    .argument('<name>', 'lower-case letters, digits and dashes')
    .option('-f, --file <file>', 'settings file in YAML; flags take precedence')
    .option('--project <project>', 'project of the cluster, to which roles can be limited', labelOf, DEFAULT_PROJECT)
    .option('--credentials <directory>', 'directory for NAME.pem and NAME-passphrase.txt', '.')
  addNodeOptions(creating)
    .addHelpText(
      'after',
      examples(
        'controller cluster create factory --auto-approve',
        'controller cluster create line-2 --project berlin',
        'controller cluster create lab --cni none --pod-subnet 10.20.0.0/16 --credentials /root/creds',
        'controller cluster create lab -f lab.yaml --override kubelet=kubelet.yaml',
        'controller cluster create lab --proxy http://proxy.example.org:3128 --tls-terminating-proxy',
      ),
    )
    .action(create)
}

async function create(name: string, flags: Flags): Promise<void> {
  const [{ readSettings }, { onEachNode, saveCredentials }, { clusterRoutes }] = await Promise.all([
    import('./settings.ts'),
    import('../identities/new-credentials.ts'),
    import('../../../protocol/api/clusters.ts'),
  ])
  const [settings, options] = await Promise.all([readSettings(flags), nodeOptionsOf(flags)])
  await checkName(name)
  await withClient(flags, async (client) => {
    let created: ClusterView | undefined
    const ask = async (csr: string) => {
      const body = { name, project: flags.project, settings, csr }
      const answer = await client.ask(clusterRoutes.createCluster, { body })
      created = answer.cluster
      return answer.installer
    }
    const files = await saveCredentials(flags.credentials, name, ask, options)
    const { credentials, passphrase } = files
    const text = `Cluster ${name} created.
Written: ${credentials} and ${passphrase}. Keep both secret.

${onEachNode(name)}
Then run:
  controller node list
  controller cluster watch ${name}
`
    await printAs(flags.output, { cluster: created, files: { credentials, passphrase } }, text)
  })
}

async function checkName(name: string): Promise<void> {
  const { Label } = await import('../../../protocol/names.ts')
  if (Label.safeParse(name).success) return
  const { AgentError } = await import('../../../base/agent-error.ts')
  const wanted = 'lower-case letters, digits and dashes, at most 63 (RFC 1123)'
  throw new AgentError('cluster/bad-name', `found the name ${name}; wanted ${wanted}`, {
    fix: 'choose another name, e.g. factory-1',
    kind: 'invalid',
  })
}
