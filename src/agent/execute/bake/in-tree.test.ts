import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fakeHost } from '../../../../test/support/fake-host.ts'
import { outside, requireTree } from './in-tree.ts'

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

function outsideFiles() {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'outside-')))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const at = (name: string) => join(directory, name)
  const { publicKey } = generateKeyPairSync('ed25519')
  writeFileSync(at('builder.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
  writeFileSync(at('v1.tar'), 'tar')
  symlinkSync('v1.tar', at('newest.tar'))
  return at
}

test('a link to a bundle is followed outside of the tree', async () => {
  const at = outsideFiles()
  expect(await outside({ bundle: at('newest.tar'), key: at('builder.pub') })).toEqual({
    bundle: at('v1.tar'),
    key: at('builder.pub'),
  })
})

test('a bundle or a key that is not there is refused as without --root', async () => {
  const at = outsideFiles()
  await expect(outside({ bundle: at('v1.tar'), key: at('none.pub') })).rejects.toMatchObject({
    kind: 'invalid',
    fix: expect.stringContaining('pass --key FILE.pub'),
  })
  await expect(outside({ bundle: at('none.tar'), key: at('builder.pub') })).rejects.toMatchObject({
    code: 'bundle/not-found',
    message: `found nothing at ${at('none.tar')}; wanted a bundle`,
  })
})
