import { ADD_ON_LIMITS, AddOnDescription } from '../../add-ons/format.ts'
import { problemsOf } from '../add-ons/check.ts'
import { addOnOf, addOnPath, DESCRIPTION, OBJECTS } from '../add-ons/layout.ts'
import { badBundle } from '../error.ts'
import type { OpenFile } from './open-file.ts'
import type { Reference } from './references.ts'

/** The images that the add-ons of a bundle name. Throws `bundle/bad-add-on` with all that is wrong with them. */
export async function addOnReferences(files: readonly OpenFile[]): Promise<Reference[]> {
  const problems: string[] = []
  const references: Reference[] = []
  for (const id of new Set(files.flatMap((file) => addOnOf(file) ?? []))) {
    const read = await readAddOn(id, files)
    if ('problems' in read) problems.push(...read.problems.map((problem) => `${id}: ${problem}`))
    else references.push(...read.images.map((image) => ({ image, by: `add-on ${id}` })))
  }
  if (problems.length === 0) return references
  throw badBundle('bad-add-on', `add-ons of the bundle: ${problems.join('; ')}`, 'correct the add-on and build again')
}

async function readAddOn(id: string, files: readonly OpenFile[]): Promise<AddOnDescription | { problems: string[] }> {
  const text = (name: string, most: number) =>
    textOf(
      files.find(({ path }) => path === addOnPath(id, name)),
      most,
    )
  const json = await text(DESCRIPTION, ADD_ON_LIMITS.descriptionBytes)
  const objects = await text(OBJECTS, ADD_ON_LIMITS.bytes)
  if (json === undefined) return { problems: [`it has no ${DESCRIPTION}, or a longer one than an add-on has`] }
  if (objects === undefined) return { problems: [`it has no ${OBJECTS}, or a longer one than an add-on has`] }
  const parsed = AddOnDescription.safeParse(jsonOf(json))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return { problems: [`${DESCRIPTION}: ${issue?.path.join('.')}: ${issue?.message}`] }
  }
  if (parsed.data.id !== id) return { problems: [`${DESCRIPTION} is of ${parsed.data.id}`] }
  const problems = await problemsOf(parsed.data, objects)
  return problems.length > 0 ? { problems } : parsed.data
}

/** Undefined if there is no such file, or it is larger. */
async function textOf(file: OpenFile | undefined, most: number): Promise<string | undefined> {
  if (file === undefined) return undefined
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of file.bytes()) {
    size += chunk.length
    if (size > most) return undefined
    chunks.push(Uint8Array.from(chunk))
  }
  return Buffer.concat(chunks).toString('utf8')
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
