import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js'
import { createCa, issueCertificate } from '../../../src/pki/certificate.ts'
import { createKeyPair, keyToPem } from '../../../src/pki/key.ts'
import { type SigningKey, signingKey } from './id-token.ts'

export const CLIENT_ID = 'cantrip'
export const CLIENT_SECRET = 'a-secret-of-the-client-that-nobody-prints'

export interface User {
  groups?: readonly string[] | undefined
  [claim: string]: unknown
}

export interface ProviderOptions {
  redirectUris?: readonly string[]
  /** Without a secret. */
  isPublic?: boolean
  /** Claims only in UserInfo, as many providers do. */
  onlyUserInfo?: boolean
  /** Port of an earlier one; 0: any free one. */
  port?: number
  users?: Readonly<Record<string, User>>
}

/** A provider of the package oidc-provider on loopback, with HTTPS by its own CA. */
export interface TestProvider {
  issuer: string
  port: number
  /** PEM. */
  ca: string
  /** The user who signs in without a question; undefined: whoever asks is denied. */
  user: string | undefined
  /** Changes an answer before it is sent. `path`: such as `/token`. */
  rewrite: ((path: string, json: Record<string, unknown>) => unknown) | undefined
  key: SigningKey
  /** Requests, as `POST /token`. */
  requests: string[]
  /** Gives it another signing key. */
  rotateKey(): void
  close(): Promise<void>
}

/** Only the form, and without the notices of the package's own pages. */
const PAGES = {
  userCodeInputSource: (page: { body: string }, form: string) => {
    page.body = form
  },
  userCodeConfirmSource: (page: { body: string }, form: string) => {
    page.body = form
  },
  successSource: (page: { body: string }) => {
    page.body = 'signed in'
  },
}

const CA = createCa({ commonName: 'provider of the test', days: 30, now: new Date(Date.now() - 60_000) })
const SERVER = createKeyPair()
const CERT = issueCertificate({
  ...{ ca: CA, publicKey: SERVER.publicKey, commonName: 'provider', dnsNames: ['localhost'], usages: ['serverAuth'] },
  notBefore: new Date(Date.now() - 60_000),
  days: 30,
})

export async function startProvider(options: ProviderOptions = {}): Promise<TestProvider> {
  const { users = { alice: { groups: ['admins'] } }, port = 0 } = options
  let handle: (request: IncomingMessage, response: ServerResponse) => unknown
  const server = createServer({ cert: CERT, key: keyToPem(SERVER.privateKey) }, (request, response) => {
    void handle(request, response)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `https://localhost:${(server.address() as AddressInfo).port}`
  const provider: TestProvider = {
    ...{ issuer, port: (server.address() as AddressInfo).port, ca: CA.certificate, user: 'alice', rewrite: undefined },
    key: signingKey(),
    requests: [],
    rotateKey() {
      this.key = signingKey()
      handle = answering(this, build(issuer, this.key, users, options))
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
  handle = answering(provider, build(issuer, provider.key, users, options))
  return provider
}

function build(issuer: string, { jwk }: SigningKey, users: Readonly<Record<string, User>>, options: ProviderOptions) {
  const { redirectUris = ['https://127.0.0.1:1/v1/login/oidc/callback'], isPublic, onlyUserInfo } = options
  return new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT_ID,
        ...(isPublic
          ? { token_endpoint_auth_method: 'none' }
          : { client_secret: CLIENT_SECRET, token_endpoint_auth_method: 'client_secret_basic' }),
        redirect_uris: redirectUris,
        grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
        response_types: ['code'],
      },
    ],
    adapter: createMemoryAdapter(0),
    jwks: { keys: [jwk] },
    cookies: { keys: ['a key of the test'] },
    pkce: { required: () => true },
    claims: {
      openid: ['sub'],
      profile: ['preferred_username'],
      email: ['email', 'email_verified'],
      groups: ['groups'],
    },
    scopes: ['openid', 'profile', 'email', 'groups'],
    conformIdTokenClaims: onlyUserInfo ?? false,
    features: { devInteractions: { enabled: false }, deviceFlow: { enabled: true, ...PAGES } },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id, ...users[id] }) }),
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      DeviceCode: 600,
      Grant: 600,
      IdToken: 600,
      Interaction: 600,
      Session: 600,
    },
  })
}

function answering(own: TestProvider, provider: Provider) {
  const callback = provider.callback()
  return async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url?.split('?', 1)[0] ?? ''
    own.requests.push(`${request.method} ${path}`)
    if (own.rewrite) rewriteAnswer(response, (json) => own.rewrite?.(path, json))
    if (path.startsWith('/interaction/')) await decide(own, provider, request, response)
    else await callback(request, response)
  }
}

/** Signs the user in, and consents to everything. */
async function decide(own: TestProvider, provider: Provider, request: IncomingMessage, response: ServerResponse) {
  const { prompt, params, session } = await provider.interactionDetails(request, response)
  const finish = (result: object) => provider.interactionFinished(request, response, result)
  if (own.user === undefined) return finish({ error: 'access_denied', error_description: 'the user said no' })
  if (prompt.name === 'login') return finish({ login: { accountId: own.user } })
  const grant = new provider.Grant({ accountId: session?.accountId ?? own.user, clientId: params.client_id })
  grant.addOIDCScope(params.scope ?? 'openid')
  return finish({ consent: { grantId: await grant.save() } })
}

function rewriteAnswer(response: ServerResponse, rewrite: (json: Record<string, unknown>) => unknown): void {
  const end = response.end.bind(response) as (text: unknown) => ServerResponse
  response.end = ((text: unknown) => {
    if (typeof text !== 'string' || !text.startsWith('{')) return end(text)
    const changed = JSON.stringify(rewrite(JSON.parse(text)) ?? JSON.parse(text))
    response.setHeader('content-length', Buffer.byteLength(changed))
    return end(changed)
  }) as typeof response.end
}
