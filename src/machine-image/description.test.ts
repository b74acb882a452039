import { expect, test } from 'vitest'
import { DEFAULT_TEMPLATE, type ImageDescription, imageName, requireCompatible } from './description.ts'

const parts = { agent: '0.3.0', kubernetes: 'v1.36.2', os: 'debian12', arch: 'x64' } as const
const description: ImageDescription = {
  ...{ name: 'image', agent: '0.3.0', minController: '0.3.0', capabilities: ['frame/welcome', 'frame/trust'] },
  ...{ os: 'debian12', arch: 'x64', createdAt: '2026-11-30T00:00:00.000Z', packages: {}, files: [] },
}

test('an image is named after the versions of what is in it', () => {
  expect(imageName(DEFAULT_TEMPLATE, parts)).toBe('cantrip-node-v0.3.0-k8s-v1.36.2-debian12-x64')
  expect(imageName('site7-{os}', parts)).toBe('site7-debian12')
})

test.each([
  ['a part that is unknown', '{version}'],
  ['a part of every object', '{constructor}'],
  ['a path', '../{os}'],
  ['an empty name', ''],
  ['a version that this image does not have', DEFAULT_TEMPLATE],
])('%s is refused in a name', (_, template) => {
  expect(() => imageName(template, { ...parts, kubernetes: undefined })).toThrow(/wanted letters, digits/)
})

test.each([
  ['an image of this release', '0.3.0', ['frame/trust']],
  ['an image of an earlier release that understands all', '0.10.1', ['frame/welcome', 'frame/trust']],
])('%s is accepted', (_, version, capabilities) => {
  expect(() => requireCompatible(description, { version, capabilities })).not.toThrow()
})

test('an image of a later release is too new, and one that lacks a capability is too old', () => {
  expect(() => requireCompatible(description, { version: '0.2.9', capabilities: [] })).toThrow(
    expect.objectContaining({ code: 'image/too-new', message: expect.stringContaining('this is controller 0.2.9') }),
  )
  expect(() => requireCompatible(description, { version: '0.4.0', capabilities: ['setting/new'] })).toThrow(
    expect.objectContaining({ code: 'image/too-old', message: expect.stringContaining('setting/new') }),
  )
})
