import type { Component, Workflow } from '../../src/engine/step.ts'

/** A workflow with files, directories, links and commands below a real directory that contains a file `source`. */
export function filesWorkflow(root: string, steps: number): Workflow<undefined> {
  const component = (id: string): Component<undefined> => ({
    id,
    after: [],
    steps: () =>
      Array.from({ length: steps }, (_, i) => ({
        id: `${id}/${i}`,
        title: `${id} ${i}`,
        isDone: async (host) =>
          (await host.read(`${root}/old-${id}-${i}`)) === 'changed' &&
          (await host.read(`${root}/${id}/${i}/deep/file`)) === 'new' &&
          (await host.stat(`${root}/${id}/${i}/copy`)) !== undefined &&
          (await host.stat(`${root}/${id}/${i}/by-a-command`)) !== undefined &&
          (await host.readLink(`${root}/link-${id}-${i}`)) === 'elsewhere',
        async apply(host) {
          const touch = ['touch', `${root}/${id}/${i}/by-a-command`] as const
          await host.write(`${root}/old-${id}-${i}`, 'changed', 0o600)
          await host.makeDirectory(`${root}/${id}/${i}`, 0o700)
          await host.write(`${root}/${id}/${i}/deep/file`, 'new')
          await host.install(`${root}/source`, `${root}/${id}/${i}/copy`, 0o755)
          await host.link('elsewhere', `${root}/link-${id}-${i}`)
          await host.run([...touch], { kind: 'nothing', because: 'it is in our tree' })
        },
      })),
  })
  return { id: 'files', components: [component('a'), component('b')] }
}
