import { z } from 'zod'
import { AgentError } from '../base/agent-error.ts'
import { ARCHS, type Arch } from '../bundle/arch.ts'
import { compareVersions } from '../protocol/kubernetes-version.ts'

export const IMAGE_FORMATS = ['raw', 'qcow2', 'ova'] as const
export type ImageFormat = (typeof IMAGE_FORMATS)[number]

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const Short = z.string().min(1).max(200)

/** What an image contains. It lies beside the image, as NAME.json. */
export const ImageDescription = z.strictObject({
  name: Short,
  agent: Short,
  /** The first version of the controller that has all that this agent has. */
  minController: Short,
  /** What the agent understands of a controller. */
  capabilities: z.array(Short).max(500),
  kubernetes: Short.optional(),
  os: Short,
  arch: z.enum(ARCHS),
  /** Hash of the manifest of the bundle in the image. */
  bundle: Sha256.optional(),
  createdAt: z.iso.datetime(),
  /** Versions of the Debian packages. */
  packages: z.record(Short, Short),
  files: z.array(z.strictObject({ name: Short, size: z.number().int().nonnegative(), sha256: Sha256 })).max(20),
})
export type ImageDescription = z.infer<typeof ImageDescription>

/** What names and templates of names are made from. */
export interface NameParts {
  agent: string
  kubernetes: string | undefined
  os: string
  arch: Arch
}

export const DEFAULT_TEMPLATE = 'cantrip-node-v{agent}-k8s-v{kubernetes}-{os}-{arch}'
/** Without a bundle the image has no version of Kubernetes. */
export const TEMPLATE_WITHOUT_KUBERNETES = 'cantrip-node-v{agent}-{os}-{arch}'

const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,150}$/

/** Throws `image/name` if the template has a part that is unknown or that this image does not have, or gives no file name. */
export function imageName(template: string, parts: NameParts): string {
  const name = template.replace(/\{(\w+)\}/g, (all, part: string) => {
    const value = Object.hasOwn(parts, part) ? parts[part as keyof NameParts] : undefined
    return value?.replace(/^v(?=\d)/, '') ?? all
  })
  if (FILE_NAME.test(name)) return name
  throw new AgentError('image/name', `found the name "${name}"; wanted letters, digits and the characters . _ + -`, {
    fix: `correct --name-template; parts are {agent}, {os}, {arch}, and with --bundle {kubernetes}`,
    kind: 'invalid',
  })
}

/** This controller, for `requireCompatible`. */
export interface Controller {
  version: string
  /** What it may send to agents. */
  capabilities: readonly string[]
}

/**
 * Throws `image/too-new` if the agent of the image belongs to a later release than this controller, and `image/too-old` if it lacks
 * something that this controller may send.
 */
export function requireCompatible(
  { name, agent, minController, capabilities }: ImageDescription,
  controller: Controller,
): void {
  if (compareVersions(minController, controller.version) > 0)
    throw new AgentError(
      'image/too-new',
      `found agent ${agent} in ${name}, which wants controller ${minController} or later; this is controller ${controller.version}`,
      { fix: 'update the controller first, or build the image with this release', kind: 'refused' },
    )
  const lacks = controller.capabilities.filter((each) => !capabilities.includes(each))
  if (lacks.length > 0)
    throw new AgentError(
      'image/too-old',
      `found agent ${agent} in ${name}, which does not support ${lacks.join(', ')}; this is controller ${controller.version}`,
      {
        fix: 'build the image again with this release; update the agents of machines that were made from it: controller node update --cluster CLUSTER',
        kind: 'refused',
      },
    )
}
