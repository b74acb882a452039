import { expect, test } from 'vitest'
import { runComponent } from '../../../test/support/fake-kubernetes.ts'
import { joiningMaster, OTHERS } from '../../../test/support/joining-master.ts'
import { Indeterminate } from '../../engine/step.ts'
import { etcd } from './component.ts'

/** Every etcd stops answering when it receives a request for a change, or any request. */
function goesSilent({ host, etcd }: ReturnType<typeof joiningMaster>, at: 'add' | 'list') {
  let isSilent = false
  for (const address of OTHERS) {
    host.network.onRequest(`https://${address}:2379/v3/cluster/member/`, (url) => {
      isSilent ||= url.endsWith(at)
      if (isSilent) throw new Error('ECONNRESET')
      return { status: 200, body: JSON.stringify({ members: etcd.members }) }
    })
  }
}

test('no answer since the request to add this node: the state is unknown, and the fix names both options', async () => {
  const fake = joiningMaster()
  goesSilent(fake, 'add')
  const error: unknown = await runComponent(etcd, fake).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Indeterminate)
  expect(error).toMatchObject({
    code: 'etcd/membership-unknown',
    fix: expect.stringMatching(/^either .*provision again.*; or .*agent reset/),
  })
})

test('no answer before any request: nothing has happened', async () => {
  const fake = joiningMaster()
  goesSilent(fake, 'list')
  const error: unknown = await runComponent(etcd, fake).catch((thrown: unknown) => thrown)
  expect(error).not.toBeInstanceOf(Indeterminate)
  expect(error).toMatchObject({ code: 'etcd/no-answer' })
})
