import { list } from 'tar'
import * as z from 'zod/mini'
import { badBundle } from '../error.ts'

const MAX_INDEX_BYTES = 1024 * 1024

/** The fields with the image name, in the index.json of an OCI layout and the manifest.json of a docker archive. */
const OciIndex = z.object({
  manifests: z.array(z.object({ annotations: z.optional(z.record(z.string(), z.string())) })),
})
const DockerManifest = z.array(z.object({ RepoTags: z.array(z.string()) }))

/** Repository and tag of the only image in an archive. */
export async function imageName(archive: string): Promise<string> {
  const names = await namesIn(archive)
  const [name] = names
  if (name !== undefined && names.size === 1) return name
  throw badBundle(
    'bad-image',
    `${archive} contains ${names.size === 0 ? 'no named image' : [...names].join(', ')}; wanted one image with repository and tag`,
    'save each image again, with its full name, in an archive of its own',
  )
}

async function namesIn(archive: string): Promise<Set<string>> {
  const texts = await readTexts(archive, ['index.json', 'manifest.json'])
  const names = new Set<string>()
  const index = OciIndex.safeParse(jsonOf(texts.get('index.json')))
  for (const { annotations } of index.data?.manifests ?? []) {
    const name = annotations?.['io.containerd.image.name'] ?? annotations?.['org.opencontainers.image.ref.name']
    if (name?.includes('/')) names.add(name)
  }
  const docker = DockerManifest.safeParse(jsonOf(texts.get('manifest.json')))
  for (const { RepoTags } of docker.data ?? []) for (const name of RepoTags) names.add(name)
  return names
}

async function readTexts(archive: string, wanted: readonly string[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>()
  await list({
    file: archive,
    strict: true,
    onReadEntry: (entry) => {
      if (!wanted.includes(entry.path) || entry.size > MAX_INDEX_BYTES) return
      const chunks: Buffer[] = []
      entry.on('data', (chunk) => chunks.push(chunk))
      entry.on('end', () => texts.set(entry.path, Buffer.concat(chunks).toString('utf8')))
    },
  }).catch((cause: unknown) => {
    throw badBundle('bad-image', `${archive} cannot be read as a tar archive`, 'save the image again', cause)
  })
  return texts
}

function jsonOf(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw badBundle('bad-image', 'the index of an image archive is not JSON', 'save the image again', cause)
  }
}
