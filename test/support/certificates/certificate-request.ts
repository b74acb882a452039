import { execFileSync } from 'node:child_process'

const KEYS = { ec: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], rsa: ['rsa:2048'] }

/** A certificate request in PEM as openssl makes it. @param names of the extension subjectAltName, e.g. `DNS:n1,IP:10.0.0.1` */
export function certificateRequest(
  subject: string,
  names: string,
  { extensions = [], key = 'ec' }: { extensions?: readonly string[]; key?: keyof typeof KEYS } = {},
): string {
  const all = [...(names === '' ? [] : [`subjectAltName=${names}`]), ...extensions]
  const added = all.flatMap((each) => ['-addext', each])
  const argv = ['req', '-new', '-newkey', ...KEYS[key], '-nodes', '-keyout', '/dev/null', '-subj', subject, ...added]
  return execFileSync('openssl', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}
