import { expect, test } from 'vitest'
import { fakeHost } from '../../../../test/support/fake-host.ts'
import { requireTree } from './in-tree.ts'

const SYSTEM = ['etc', 'usr/bin', 'var/lib', 'dev', 'proc', 'run'].map((name) => `/srv/tree/${name}`)

test('the directory of an operating system is accepted', async () => {
  const host = fakeHost({ directories: SYSTEM })
  await expect(requireTree(host, '/srv/tree')).resolves.toBeUndefined()
})

test.each([
  ['that does not exist', '/srv/none', [], 'no etc, usr/bin, var/lib, dev, proc, run in /srv/none'],
  [
    'without a place for processes',
    '/srv/tree',
    SYSTEM.filter((path) => !path.endsWith('/proc')),
    'no proc in /srv/tree',
  ],
  ['of this machine', '/', ['/etc', '/usr/bin', '/var/lib', '/dev', '/proc', '/run'], 'this machine'],
])('a directory %s is refused before anything is mounted', async (_, root, directories, found) => {
  const host = fakeHost({ directories })
  await expect(requireTree(host, root)).rejects.toMatchObject({
    code: 'bake/no-system',
    message: `found ${found}; wanted the root directory of another operating system`,
  })
  expect(host.calls).toEqual([])
})
