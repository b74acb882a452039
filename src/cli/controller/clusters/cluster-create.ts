import type { Command } from 'commander'
import { examples } from '../../kit/output.ts'
import { print, withAdmin, withClient } from '../session/session.ts'
import { addSettingFlags, type SettingFlags } from './setting-flags.ts'

interface Flags extends SettingFlags {
  admin?: string
  file?: string
  output: string
}

/** `controller cluster create NAME`: writes the two files that nodes enrol with. */
export function registerCreate(cluster: Command): void {
  addSettingFlags(withAdmin(cluster.command('create')))
    .description('create a cluster and the credentials that its nodes enrol with')
    .argument('<name>')
    .option('-f, --file <file>', 'settings file in YAML; flags take precedence')
    .option('--output <directory>', 'directory for NAME.pem and NAME-passphrase.txt', '.')
    .addHelpText(
      'after',
      examples(
        'controller cluster create factory --auto-approve',
        'controller cluster create lab --cni none --pod-subnet 10.20.0.0/16 --output /root/creds',
        'controller cluster create lab -f lab.yaml --override kubelet=kubelet.yaml',
      ),
    )
    .action(create)
}

async function create(name: string, flags: Flags): Promise<void> {
  const [{ readSettings }, { credentialsText, newPassphrase, reserveFiles }] = await Promise.all([
    import('./settings.ts'),
    import('../credentials.ts'),
  ])
  const [{ createKeyPair }, { buildCsr }, { encryptKey }] = await Promise.all([
    import('../../../pki/key.ts'),
    import('../../../pki/csr.ts'),
    import('../../../pki/encrypt-key.ts'),
  ])
  const { clusterRoutes } = await import('../../../protocol/api/clusters.ts')
  const settings = await readSettings(flags)
  await checkName(name)
  await withClient(flags, async (client) => {
    const files = reserveFiles(flags.output, name)
    try {
      const { privateKey } = createKeyPair()
      const passphrase = newPassphrase()
      const encryptedKey = encryptKey(privateKey, passphrase)
      const body = { name, settings, csr: buildCsr(privateKey, 'installer') }
      const { installer } = await client.ask(clusterRoutes.createCluster, { body })
      files.write(await credentialsText(encryptedKey, installer), passphrase)
    } catch (error) {
      files.release()
      throw error
    }
    print(createdText(name, files))
  })
}

function createdText(name: string, files: { credentials: string; passphrase: string }): string {
  return `Cluster ${name} created.
Written: ${files.credentials} and ${files.passphrase}. Keep both secret.

Copy the two files and the agent to each node. On each node, run:
  sudo ./agent --creds-file ${name}.pem --passphrase-file ${name}-passphrase.txt

Then run:
  controller node list
  controller cluster watch ${name}
`
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
