import { randomUUID, sign, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createCa } from '../../../src/pki/certificate.ts'
import { USER } from './docker-registry.ts'
import type { ServerCertificate } from './server-certificate.ts'

export interface TokenServer {
  realm: string
  service: string
  issuer: string
  /** PEM of the certificate whose key signs the tokens. */
  certificate: string
  /** `PATH?QUERY AUTHORIZATION` of each request. */
  requests: string[]
  close(): Promise<void>
}

/** A server of tokens for a registry, as the specification of distribution defines it. It knows only `USER`. */
export async function startTokenServer({ certificate, key }: ServerCertificate): Promise<TokenServer> {
  const signer = createCa({ commonName: 'tokens', days: 1, now: new Date() })
  const [service, issuer] = ['registry.test', 'tokens.test']
  const requests: string[] = []
  const server = createServer({ cert: certificate, key }, ({ url = '/', headers }, response) => {
    const { authorization = 'none' } = headers
    requests.push(`${url} ${authorization}`)
    if (authorization !== `Basic ${Buffer.from(USER).toString('base64')}`) return response.writeHead(401).end()
    const scopes = new URL(url, 'https://localhost').searchParams.getAll('scope')
    const access = scopes.map((scope) => {
      const [type, name, actions = ''] = scope.split(':')
      return { type, name, actions: actions.split(',') }
    })
    const nowS = Math.floor(Date.now() / 1000)
    const claims = {
      iss: issuer,
      sub: 'node',
      aud: service,
      nbf: nowS - 60,
      iat: nowS,
      exp: nowS + 300,
      jti: randomUUID(),
      access,
    }
    const x5c = [new X509Certificate(signer.certificate).raw.toString('base64')]
    const signed = [{ typ: 'JWT', alg: 'ES256', x5c }, claims].map((part) => encoded(JSON.stringify(part))).join('.')
    const signature = sign('sha256', Buffer.from(signed), { key: signer.key, dsaEncoding: 'ieee-p1363' })
    return response.end(JSON.stringify({ token: `${signed}.${encoded(signature)}` }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    realm: `https://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    ...{ service, issuer, certificate: signer.certificate, requests },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const encoded = (part: string | Buffer) => Buffer.from(part).toString('base64url')
