import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AgentError } from '../base/agent-error.ts'
import { type Controller, ImageDescription, requireCompatible } from './description.ts'
import { sha256Of } from './formats.ts'

/**
 * Verifies the files of an image against its description, whose text was read from `file`, and that this controller has a use for its
 * agent. Throws `image/…`.
 */
export async function verifyImage(file: string, text: string, controller: Controller): Promise<ImageDescription> {
  const description = parse(file, text)
  for (const { name, size, sha256 } of description.files) {
    const path = join(dirname(file), name)
    const found = await stat(path).catch(() => undefined)
    const is = found?.isFile() ? `${found.size} bytes` : 'no file'
    if (found?.size !== size || (await sha256Of(path)) !== sha256)
      throw new AgentError('image/damaged', `found ${is} at ${path}; wanted ${size} bytes with SHA-256 ${sha256}`, {
        fix: 'copy the image again from its original, or build it again',
        kind: 'invalid',
      })
  }
  requireCompatible(description, controller)
  return description
}

function parse(file: string, text: string): ImageDescription {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  const parsed = ImageDescription.safeParse(value)
  // A name is one of a file beside the description.
  if (parsed.success && parsed.data.files.every(({ name }) => !/[/\0]|^\.\.?$/.test(name))) return parsed.data
  throw new AgentError('image/description', `${file} is no description of an image`, {
    fix: 'pass the file NAME.json that "controller image build" wrote beside the image',
    kind: 'invalid',
  })
}
