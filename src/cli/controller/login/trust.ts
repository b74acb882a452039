import type { X509Certificate } from 'node:crypto'
import { AgentError } from '../../../base/agent-error.ts'
import { confirm } from '../../kit/confirm.ts'
import { readCa } from './ca-file.ts'
import { type PeerChain, peerChain } from './peer-chain.ts'

export interface TrustFlags {
  /** File with the CA, PEM. */
  ca?: string
  /** SHA-256 of the CA, in hexadecimal digits. */
  caFingerprint?: string
}

const WHERE = 'controller ca status, on the machine of the controller'

/**
 * The CA in PEM with which the controller's certificate is checked; undefined: those of this machine. In this order: the given
 * file or fingerprint, the CAs of this machine, that of the last login, and what the person at the terminal confirms.
 */
export async function trustedCa(
  url: string,
  flags: TrustFlags,
  known?: string,
  look = peerChain,
): Promise<string | undefined> {
  if (flags.ca !== undefined) return readCa(flags.ca)
  const chain = await look(url)
  if (flags.caFingerprint !== undefined) return matching(url, chain, flags.caFingerprint).toString()
  if (chain.isTrusted) return undefined
  const ca = caOf(url, chain)
  if (known?.includes(ca.toString().trim())) return known
  if (!process.stdin.isTTY) {
    const found = `the CA of ${url} is not known on this machine, and standard input is not a terminal`
    throw new AgentError('login/untrusted', `${found}; wanted its fingerprint`, {
      fix: `run the same command with --ca-fingerprint SHA256; the fingerprint is printed by ${WHERE}`,
      kind: 'invalid',
    })
  }
  const since = known === undefined ? '' : ', and is another one than at the last login'
  process.stderr.write(`The CA of ${url} is not known on this machine${since}.
  subject  ${ca.subject.replaceAll('\n', ', ')}
  SHA-256  ${ca.fingerprint256}
Compare it with the output of ${WHERE}.
`)
  await confirm('Is it the same?', false)
  return ca.toString()
}

function caOf(url: string, { ca }: PeerChain): X509Certificate {
  if (ca) return ca
  throw new AgentError('login/no-ca', `${url} is not a controller: it sent no CA with its certificate`, {
    fix: 'check the URL, or pass the CA of the server: --ca FILE',
    kind: 'refused',
  })
}

function matching(url: string, chain: PeerChain, fingerprint: string): X509Certificate {
  const ca = caOf(url, chain)
  const wanted = digits(fingerprint)
  if (digits(ca.fingerprint256) === wanted) return ca
  const found = `the CA of ${url} has the SHA-256 fingerprint ${ca.fingerprint256}; wanted ${fingerprint}`
  throw new AgentError('login/other-ca', `${found}: another machine may answer in place of the controller`, {
    fix: `do not sign in until you know why; the fingerprint is printed by ${WHERE}`,
    kind: 'refused',
  })
}

const digits = (text: string) =>
  text
    .replace(/^sha256:/i, '')
    .replaceAll(':', '')
    .toLowerCase()
