import { command } from '../../../../base/command.ts'
import type { JoinCommandParts } from '../../../../protocol/api/identities/join.ts'
import { JOIN_BODY } from './join-body.ts'

export interface JoinCommand extends JoinCommandParts {
  token: string
  /** Of the key in the credentials; only this text has it. */
  passphrase: string
  /** For the connection to the controller, of this script and of the agent. */
  proxy: string | undefined
  /** Whether a proxy ends TLS itself; without `proxy`, a transparent one. */
  tlsTerminatingProxy?: boolean | undefined
  /** What the agent does; the downloaded files are deleted whatever comes of it. Default: install, and they stay for another try. */
  task?: 'install' | 'prepare'
  /** Without a task: the downloaded files are deleted after a failure too. */
  leavesNothing?: boolean
  /** More arguments of the agent, without spaces. */
  more?: readonly string[]
}

/**
 * One command for the shell of a machine. It runs nothing that it downloads but the agent, after its SHA-256 was compared, and
 * trusts no certificate but those of the controller's CA, which it contains. A proxy that ends TLS has none of these: the SHA-256 of
 * the credentials is compared instead. It begins to run when all of it has arrived.
 */
export function joinScript({ credentials, cluster, urls, ca, agents, ...given }: JoinCommand): string {
  const { token, passphrase, proxy = '', task = '', more = [] } = given
  const values = {
    cluster,
    name: credentials.name,
    token,
    passphrase,
    urls: urls.join(' '),
    agents: agents.map(({ arch, sha256, size }) => `${arch}:${sha256}:${size}`).join(' '),
    proxy,
    task,
    tidy: given.leavesNothing ? 'yes' : '',
    more: more.join(' '),
    // Behind a proxy that ends TLS.
    inspected: (given.tlsTerminatingProxy && given.credentialsSha256) || '',
    ...remediesOf(cluster, given),
    ca: ca.trim(),
  }
  const lines = Object.entries(values).map(([name, value]) => `${name}=${quoted(value)}\n`)
  return `sh <<'END-OF-JOIN-COMMAND'
# Makes this machine a node of cluster ${cluster}. Until ${credentials.fetchableUntil} this text is a secret.
${lines.join('')}${JOIN_BODY}END-OF-JOIN-COMMAND
`
}

/** As a word of a POSIX shell. */
export const quoted = (value: string) => `'${value.replaceAll("'", `'\\''`)}'`

/** What the script advises: another command, or for a task of `controller push`, the same push. */
function remediesOf(
  cluster: string,
  { task, proxy, tlsTerminatingProxy }: Pick<JoinCommand, 'task' | 'proxy' | 'tlsTerminatingProxy'>,
) {
  const orInspected = tlsTerminatingProxy ? '' : ' [--tls-terminating-proxy]'
  if (task !== undefined) {
    return {
      again: 'run the same controller push again',
      forArch: 'run the same controller push again when the controller has an agent for',
      byProxy: 'controller push --proxy http://HOST:PORT',
      orInspected,
    }
  }
  const flags = [...(proxy ? ['--proxy', proxy] : []), ...(tlsTerminatingProxy ? ['--tls-terminating-proxy'] : [])]
  const another = command`controller cluster join-command ${[cluster, ...flags]}`
  return {
    again: `create another command: ${another}`,
    forArch: `on the controller: ${another} --arch`,
    byProxy: 'export https_proxy=http://HOST:PORT',
    orInspected,
  }
}
