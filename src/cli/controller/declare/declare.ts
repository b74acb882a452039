import { Argument, type Command } from 'commander'
import { examples, formatOption } from '../../kit/output.ts'
import { CLUSTER } from '../clusters/find-cluster.ts'
import { print, withAdmin, withClient } from '../session/session.ts'
import type { ApplyFlags } from './apply.ts'

/** `controller apply|diff|export|schema`: clusters as files. */
export function registerDeclare(program: Command): void {
  withAdmin(program.command('apply'))
    .description('create and change clusters as a file declares them')
    .requiredOption('-f, --file <file>', 'YAML or JSON file with one document for each cluster; - for standard input')
    .option('--dry-run', 'print what would change, and change nothing')
    .option('--prune', 'remove nodes that match no rule of the file')
    .option('-y, --yes', 'do not ask for confirmation before nodes are removed')
    .option('--credentials <directory>', 'directory for NAME.pem and NAME-passphrase.txt of a new cluster', '.')
    .addOption(formatOption())
    .addHelpText(
      'after',
      examples(
        'controller apply -f factory.yaml --dry-run',
        'controller apply -f factory.yaml',
        'controller apply -f factory.yaml --prune',
      ),
    )
    .action((flags: ApplyFlags) =>
      withClient(flags, async (client) => (await import('./apply.ts')).apply(client, flags)),
    )
  withAdmin(program.command('diff'))
    .description('print what `apply` would change; exit code 0: nothing, 1: something, more: an error')
    .requiredOption('-f, --file <file>', 'file, or - for standard input')
    .option('--prune', 'as `apply --prune`')
    .addOption(formatOption())
    .addHelpText('after', examples('controller diff -f factory.yaml'))
    .action((flags: ApplyFlags) =>
      withClient(flags, async (client) => (await import('./apply.ts')).diff(client, flags)),
    )
  withAdmin(program.command('export'))
    .description('print a cluster as a file for `apply`, which changes nothing')
    .argument(...CLUSTER)
    .addOption(formatOption(['yaml', 'json']))
    .addHelpText('after', examples('controller export factory > factory.yaml'))
    .action((query: string, flags: { admin?: string; output: 'yaml' | 'json' }) =>
      withClient(flags, async (client) => {
        const [{ findCluster }, { declarationRoutes }, { structured }] = await Promise.all([
          import('../clusters/find-cluster.ts'),
          import('../../../protocol/declaration/routes.ts'),
          import('../../kit/output.ts'),
        ])
        const { name } = await findCluster(client, query)
        print(await structured(flags.output, await client.ask(declarationRoutes.showDeclaration, { params: { name } })))
      }),
    )
  program
    .command('schema')
    .description('print the JSON schema of a kind of document, for editors')
    .addArgument(new Argument('<kind>', 'kind of document').choices(['cluster']))
    .addHelpText('after', examples('controller schema cluster > cantrip-cluster.schema.json'))
    .action(printSchema)
}

async function printSchema(kind: string): Promise<void> {
  if (kind.toLowerCase() === 'cluster') {
    const { declarationSchema } = await import('./schema.ts')
    return print(`${JSON.stringify(declarationSchema(), null, 2)}\n`)
  }
  const { AgentError } = await import('../../../base/agent-error.ts')
  throw new AgentError('schema/unknown', `there is no schema ${kind}; wanted cluster`, {
    fix: 'run: controller schema cluster',
    kind: 'invalid',
  })
}
