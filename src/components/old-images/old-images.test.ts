import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import { oldImages } from './component.ts'
import { outdatedNames } from './outdated.ts'

const PROXY = 'registry.k8s.io/kube-proxy'
const BUNDLE = [`${PROXY}:v1.47.2`, 'registry.k8s.io/pause:3.10.2', 'cantrip.local/agent:0.2.0']
/** The two names of an image. */
const both = (name: string, digest: string) => [
  { name, digest },
  { name: `${name.slice(0, name.lastIndexOf(':'))}@${digest}`, digest },
]
const namesOf = (...images: [string, string][]) => images.flatMap(([name, digest]) => both(name, digest))
const none = new Set<string>()

test('of each repository, the version of the bundle and the newest other one stay', () => {
  const present = namesOf(
    [`${PROXY}:v1.9.9`, 'sha256:9'],
    [`${PROXY}:v1.45.4`, 'sha256:35'],
    [`${PROXY}:v1.46.3`, 'sha256:36'],
    [`${PROXY}:v1.47.2`, 'sha256:37'],
  )
  expect(outdatedNames(BUNDLE, present, none)).toEqual([
    `${PROXY}:v1.45.4`,
    `${PROXY}@sha256:35`,
    `${PROXY}:v1.9.9`,
    `${PROXY}@sha256:9`,
  ])
  // Before the images of the bundle are there, too.
  expect(outdatedNames(BUNDLE, present.slice(0, 6), none)).toHaveLength(4)
  expect(outdatedNames(BUNDLE, present.slice(4), none)).toEqual([])
})

test('an image that a container uses stays, under both names', () => {
  const present = namesOf([`${PROXY}:v1.44.1`, 'sha256:34'], [`${PROXY}:v1.46.3`, 'sha256:36'])
  expect(outdatedNames(BUNDLE, present, new Set([`${PROXY}:v1.44.1`]))).toEqual([])
  expect(outdatedNames(BUNDLE, present, new Set([`${PROXY}@sha256:34`]))).toEqual([])
})

test('the name with the digest stays if another version has the same content', () => {
  const present = namesOf([`${PROXY}:v1.44.1`, 'sha256:36'], [`${PROXY}:v1.46.3`, 'sha256:36'])
  expect(outdatedNames(BUNDLE, present, none)).toEqual([`${PROXY}:v1.44.1`])
})

test('images of other repositories, and tags without an order, stay', () => {
  const present = namesOf(
    ['example.org/own:v1', 'sha256:1'],
    ['example.org/own:v2', 'sha256:2'],
    ['example.org/own:v3', 'sha256:3'],
    ['cantrip.local/agent:0.1.0-abc', 'sha256:4'],
    ['cantrip.local/agent:0.1.0-def', 'sha256:5'],
  )
  expect(outdatedNames(BUNDLE, present, none)).toEqual([])
})

test('the step removes them, and is done without containerd', async () => {
  const fake = fakeKubernetes()
  expect(await runComponent(oldImages, fake)).toEqual([])
  fake.host.files.seed(CONTAINERD.socket, '')
  for (const version of ['v1.1.1', 'v1.2.1']) fake.images.set(`${PROXY}:${version}`, true)
  expect(await runComponent(oldImages, fake)).toEqual(['old-images/remove'])
  expect([...fake.images.keys()]).toEqual([`${PROXY}:v1.2.1`])
  expect(await runComponent(oldImages, fake)).toEqual([])
})
