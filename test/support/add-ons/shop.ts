import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Image, imageArchive } from '../../../src/bundle/make/image.ts'
import { writeHashed } from '../../../src/bundle/make/write-hashed.ts'

const arch = process.arch === 'arm64' ? 'arm64' : 'x64'

export const SHOP_IMAGE = 'registry.invalid/shop/web:v3'

/** An add-on of a person. */
export const SHOP = {
  id: 'shop',
  version: 'v3',
  slot: 'own',
  title: 'the shop',
  values: {
    replicas: {
      title: 'number of pods',
      schema: { type: 'integer', minimum: 1, maximum: 9 },
      default: 2,
      sets: [{ object: 'apps/Deployment/shop/web', pointer: '/spec/replicas' }],
    },
  },
}

export const SHOP_OBJECTS = `apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: "${SHOP_IMAGE}", resources: {requests: {cpu: 100m, memory: 10Mi}}}
`

export const shopImage = (name = SHOP_IMAGE, text = name): Image => ({
  name,
  arch,
  layer: new Map([['/name', { text }]]),
})

export interface ShopFiles {
  description?: unknown
  objects?: string
  images?: readonly Image[]
}

/** Writes the directory of an add-on. */
export async function writeShop(directory: string, files: ShopFiles = {}): Promise<string> {
  const { description = SHOP, objects = SHOP_OBJECTS, images = [shopImage()] } = files
  await mkdir(directory, { recursive: true })
  const json = typeof description === 'string' ? description : JSON.stringify(description)
  await writeFile(join(directory, 'addon.json'), json)
  await writeFile(join(directory, 'objects.yaml'), objects)
  for (const [at, image] of images.entries()) {
    await writeHashed(join(directory, `image-${at}.tar`), (await imageArchive(image)).bytes())
  }
  return directory
}
