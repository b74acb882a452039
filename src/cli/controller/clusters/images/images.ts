import type { Command } from 'commander'
import { type ImageView, imageRoutes } from '../../../../protocol/images/routes.ts'
import { confirm } from '../../../kit/confirm.ts'
import {
  type Column,
  examples,
  type Format,
  formatOption,
  localTime,
  type PlainFormat,
  render,
  tableOption,
} from '../../../kit/output.ts'
import { print, printAs, withAdmin, withClient } from '../../session/session.ts'
import { mib } from '../backups/size.ts'
import { CLUSTER, findCluster } from '../find-cluster.ts'
import { awaitNodes } from './await-nodes.ts'
import { findImage } from './find-image.ts'
import { uploadArchive } from './upload.ts'

interface Flags {
  admin?: string
  output: Format
  unpinned?: boolean
  wait?: boolean
  yes?: boolean
}

const COLUMNS: Column<ImageView>[] = [
  { title: 'IMAGE', of: ({ name }) => name },
  { title: 'SIZE', of: ({ archives }) => mib(archives.reduce((sum, { bytes }) => sum + bytes, 0)) },
  { title: 'NODES', of: ({ nodes: { have, wanted } }) => `${have.length} of ${wanted}` },
  { title: 'PINNED', of: ({ pinned }) => (pinned ? 'yes' : 'no') },
  { title: 'PROBLEM', of: ({ problems }) => problems.map(problemText).join('; '), rare: true },
  { title: 'DIGEST', of: ({ archives }) => [...new Set(archives.map(({ digest }) => digest))].join(', ') },
  { title: 'ARCH', of: ({ archives }) => archives.map(({ arch }) => arch).join(', '), wide: true },
  { title: 'ADDED', of: ({ addedAt }) => localTime(addedAt), wide: true },
  { title: 'BY', of: ({ addedBy }) => addedBy, wide: true },
]

const problemText = ({ node, error }: ImageView['problems'][number]) =>
  `${node}: ${error.message} (${error.code}); fix: ${error.fix}`

/** To take the images from the archive and to write them: some GiB. */
const INTAKE_MS = 600_000

/** `controller cluster images`. */
export function registerImages(cluster: Command): void {
  const images = cluster.command('images').description('add images of your own to the nodes of a cluster')
  registerAdd(images)
  withAdmin(images.command('list'))
    .description('list the images that were added to a cluster, and on how many nodes they are')
    .argument(...CLUSTER)
    .addOption(tableOption())
    .addHelpText(
      'after',
      examples('controller cluster images list factory', 'controller cluster images list factory -o json'),
    )
    .action((name: string, flags: Flags) =>
      withClient(flags, async (client) => {
        const { name: found } = await findCluster(client, name)
        const answer = await client.ask(imageRoutes.listImages, { params: { name: found } })
        print(await render(flags.output, answer, answer.images, COLUMNS))
      }),
    )
  withAdmin(images.command('remove'))
    .description('remove an image that was added to a cluster, also from its nodes')
    .argument(...CLUSTER)
    .argument('<image>', 'its name, as in: controller cluster images list')
    .option('-y, --yes', 'do not ask for confirmation')
    .addOption(formatOption())
    .addHelpText('after', examples('controller cluster images remove factory registry.example/tool:v1'))
    .action((name: string, given: string, flags: Flags & { output: PlainFormat }) =>
      withClient(flags, async (client) => {
        const { name: found } = await findCluster(client, name)
        const image = await findImage(client, found, given)
        await confirm(`Containers that start later cannot use ${image}. Remove it from ${found}?`, flags.yes)
        await client.ask(imageRoutes.removeImage, { params: { name: found, image } })
        await printAs(
          flags.output,
          { image },
          `${image} is removed from ${found}, and from its nodes within a minute.\n`,
        )
      }),
    )
}

function registerAdd(images: Command): void {
  withAdmin(images.command('add'))
    .description('add the images of an archive to a cluster: its nodes get them, also those that join later')
    .argument(...CLUSTER)
    .argument('<file>', 'archive of images: of docker save, podman save, skopeo or ctr images export, also compressed')
    .option('--unpinned', 'the kubelet may remove them when a disk is full')
    .option('--wait', 'until all nodes of the cluster have them')
    .addOption(formatOption())
    .addHelpText(
      'after',
      examples(
        'controller cluster images add factory ./tool.tar --wait',
        'controller cluster images add factory ./tools.tar.gz --unpinned',
      ),
    )
    .action((name: string, archive: string, flags: Flags & { output: PlainFormat }) =>
      withClient(flags, async (client) => {
        const { name: found } = await findCluster(client, name)
        const upload = await uploadArchive(client, found, archive)
        const asked = { params: { name: found }, body: { upload, unpinned: flags.unpinned === true } }
        const added = await client.ask(imageRoutes.addImages, asked, { waitMs: INTAKE_MS })
        const shown = flags.wait ? await awaitNodes(client, found, added.images) : added.images
        await printAs(flags.output, { images: shown }, await render('text', {}, shown, COLUMNS))
      }),
    )
}
