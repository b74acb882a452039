import { expect, test } from 'vitest'
import { AgentError } from '../../../base/agent-error.ts'
import { credentialRoutes } from '../../../protocol/api/identities/credentials.ts'
import { joinRoutes } from '../../../protocol/api/identities/join.ts'
import type { AdminClient } from '../session/client.ts'
import { sharedJoin } from './join-once.ts'

const LOST = new AgentError('controller/unreachable', 'the answer was lost', { fix: 'again' })

/** A controller that fails for these requests, one after the other. */
function controller(failing: unknown[], credentialsSha256?: string) {
  const asked: unknown[] = []
  const client = {
    async ask(route: unknown, { body }: { body?: { name: string } }) {
      asked.push(route)
      if (route === failing[0]) {
        failing.shift()
        throw LOST
      }
      return route === credentialRoutes.listCredentials ? [] : { credentials: { name: body?.name }, credentialsSha256 }
    },
  } as unknown as AdminClient
  const wishes = { hosts: 2, seconds: 60 }
  const join = sharedJoin(client, 'factory', wishes)
  return { asked, join, behindProxy: sharedJoin(client, 'factory', { ...wishes, tlsTerminatingProxy: true }) }
}

test('an answer that was lost fails one host, and the next one asks again', async () => {
  const { join } = controller([joinRoutes.createJoinCommand])
  await expect(join.get()).rejects.toBe(LOST)
  const { credentials } = await join.get()
  expect((await join.get()).credentials).toBe(credentials)
})

test('the set is revoked, or named with the command for it', async () => {
  const unused = controller([])
  expect(await unused.join.end(false)).toBeUndefined()
  expect(unused.asked).toEqual([])
  const done = controller([])
  const { credentials } = await done.join.get()
  const command = `controller creds revoke factory ${credentials.name}`
  expect(await done.join.end(true)).toMatch(new RegExp(`${command}$`))
  expect(done.asked).not.toContain(credentialRoutes.revokeCredentials)
  expect(await done.join.end(false)).toBeUndefined()
  expect(done.asked).toContain(credentialRoutes.revokeCredentials)
})

test('a set that cannot be revoked is a note, and no error that hides the results', async () => {
  const { join } = controller([credentialRoutes.revokeCredentials])
  await join.get()
  expect(await join.end(false)).toMatch(
    /controller creds revoke factory \S+ \(it could not be revoked now: the answer was lost\)$/,
  )
})

test('behind a proxy that ends TLS, a controller that does not send the SHA-256 is refused, and no set stays', async () => {
  const earlier = controller([])
  await expect(earlier.behindProxy.get()).rejects.toMatchObject({ code: 'join/earlier-controller' })
  expect(earlier.asked.at(-1)).toBe(credentialRoutes.revokeCredentials)
  expect(await controller([], 'cafe').behindProxy.get()).toMatchObject({ credentialsSha256: 'cafe' })
  expect(await earlier.join.get()).toBeDefined()
})
