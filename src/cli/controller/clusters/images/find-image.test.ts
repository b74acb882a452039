import { expect, test } from 'vitest'
import { findImage } from './find-image.ts'

const has = (...names: string[]) => ({ ask: async () => ({ images: names.map((name) => ({ name })) }) }) as never
const NGINX = 'docker.io/library/nginx:1.27'

test.each([
  ['nginx:1.27', NGINX],
  ['library/nginx:1.27', 'docker.io/library/nginx:1.27'],
  [NGINX, NGINX],
  ['registry.example/tool:v1', 'registry.example/tool:v1'],
])('%s is found as %s', async (given, wanted) => {
  expect(await findImage(has(NGINX, 'registry.example/tool:v1'), 'factory', given)).toBe(wanted)
})

test.each(['nginx:1.28', 'nginx', '../../x', ''])('%s is told as unknown', async (given) => {
  await expect(findImage(has(NGINX), 'factory', given)).rejects.toMatchObject({ code: 'images/unknown' })
})
