import { expect, test } from 'vitest'
import { fakeKubernetes } from '../../test/support/fake-kubernetes.ts'
import { CONTAINERD } from '../base/kubernetes-paths.ts'
import { nodeImages } from '../provision/images/image-groups.ts'
import { WORKFLOWS } from './workflows.ts'

const context = { signal: new AbortController().signal, progress: () => undefined, log: () => undefined }

test.each(['first-master', 'master', 'worker'] as const)(
  'what the agent keeps on a %s is what its workflow imports',
  async (task) => {
    const fake = fakeKubernetes()
    const params = { ...fake.params, task }
    fake.host.files.seed(CONTAINERD.socket, '')
    const steps = WORKFLOWS[task].components.flatMap((component) => component.steps(params))
    const imports = steps.filter(({ title }) => title.startsWith('Importing '))
    expect(imports.length).toBeGreaterThan(1)
    for (const step of imports) await step.apply(fake.host, params, context)
    const kept = nodeImages(task, params).map(({ name }) => name)
    expect([...fake.images.keys()].sort()).toEqual(kept.sort())
  },
)
