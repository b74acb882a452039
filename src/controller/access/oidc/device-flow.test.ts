import { expect, test } from 'vitest'
import { openDeviceFlow, PENDING_LOGINS, PENDING_LOGINS_PER_ADDRESS } from './device-flow.ts'
import type { Provider, WithProvider } from './provider.ts'
import type { OidcSettings } from './settings.ts'

const begun = { device_code: 'd', user_code: 'u', verification_uri: 'https://idp.example', expires_in: 600 }
const pending = Object.assign(new Error('pending'), { error: 'authorization_pending' })
const library = {
  initiateDeviceAuthorization: async () => begun,
  genericGrantRequest: () => Promise.reject(pending),
}
const withProvider: WithProvider = (use) => use({ library, config: {}, scope: 'openid' } as unknown as Provider)

test('addresses with many logins that are not complete keep no other address out', async () => {
  const now = () => new Date('2026-01-01')
  const { begin, poll } = openDeviceFlow({ withProvider, settings: {} as OidcSettings }, { now })
  const { login: early } = await begin('192.0.2.1')
  const addresses = Math.ceil(PENDING_LOGINS / PENDING_LOGINS_PER_ADDRESS)
  for (let at = 0; at < addresses; at++)
    for (let each = 0; each < PENDING_LOGINS_PER_ADDRESS; each++) await begin(`10.0.0.${at}`)
  await expect(begin('10.0.0.5')).rejects.toMatchObject({ code: 'limit/logins' })
  const { login: late } = await begin('192.0.2.2')
  expect([await poll(early), await poll(late)]).toEqual([undefined, undefined])
})
