import { readFileSync } from 'node:fs'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { AgentError } from '../../../base/agent-error.ts'
import { bareHost } from '../../../base/net/address.ts'

/** A syslog server. */
export interface SyslogTarget {
  /** For logs. */
  name: string
  /** Begins a connection; `ready` is called when it can be written to. */
  connect(ready: () => void): Socket
}

const PORTS: Readonly<Record<string, number>> = { 'tls:': 6514, 'tcp:': 514 }

/** `tls://HOST[:PORT][?ca=FILE]` (RFC 5425), or `tcp://HOST[:PORT]`, for a server of the same machine or a trusted network. */
export function syslogTarget(text: string): SyslogTarget {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const standard = url && PORTS[url.protocol]
  const isPlain = url !== undefined && ['', '/'].includes(url.pathname) && url.username === '' && url.hash === ''
  const others = [...(url?.searchParams.keys() ?? [])].filter((key) => key !== 'ca' || url?.protocol !== 'tls:')
  if (!url || standard === undefined || !isPlain || url.hostname === '' || others.length > 0) throw invalid(text)
  const host = bareHost(url.hostname)
  const port = url.port === '' ? standard : Number(url.port)
  const name = `${url.protocol}//${url.hostname}:${port}`
  if (url.protocol === 'tcp:') return { name, connect: (ready) => connectTcp({ host, port }, ready) }
  const file = url.searchParams.get('ca')
  const ca = file === null ? undefined : read(file)
  const servername = isIP(host) === 0 ? { servername: host } : {}
  return { name, connect: (ready) => connectTls({ host, port, ...servername, ...(ca !== undefined && { ca }) }, ready) }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw new AgentError('syslog/no-ca', `cannot read ${file}: ${code}`, {
      fix: 'pass the certificate of the CA of the syslog server: tls://HOST:6514?ca=FILE',
      kind: 'invalid',
      cause,
    })
  }
}

function invalid(text: string): AgentError {
  return new AgentError('syslog/invalid-url', `${text} is not the URL of a syslog server`, {
    fix: 'pass tls://HOST:6514, tls://HOST:6514?ca=FILE or tcp://HOST:514',
    kind: 'invalid',
  })
}
