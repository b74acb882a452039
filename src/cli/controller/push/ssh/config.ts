export interface SshWishes {
  acceptNewHostKeys: boolean
  /** Of all hosts, and of the jump host. */
  key?: string | undefined
  /** Lines `NAME=VALUE` of ssh_config(5). */
  options: readonly string[]
  connectTimeoutSeconds: number
}

/**
 * A file for `ssh -F`. ssh hands it to the ssh that it starts for a jump host, to which options on the command line do not apply. The
 * first value of an option wins: what must not be asked or left out comes before the options and the files of the person.
 */
export function sshConfig({ acceptNewHostKeys, key, options, connectTimeoutSeconds }: SshWishes): string {
  const lines = [
    'BatchMode yes',
    'NumberOfPasswordPrompts 0',
    `StrictHostKeyChecking ${acceptNewHostKeys ? 'accept-new' : 'yes'}`,
    // Several processes would replace the same file.
    'UpdateHostKeys no',
    `ConnectTimeout ${connectTimeoutSeconds}`,
    'ConnectionAttempts 1',
    'ServerAliveInterval 5',
    'ServerAliveCountMax 3',
    // A master process in the background would keep the output open. One that runs already is used.
    'ControlMaster no',
    'RequestTTY no',
    'RemoteCommand none',
    'ForwardAgent no',
    'ForwardX11 no',
    'ClearAllForwardings yes',
    'LogLevel INFO',
    ...(key === undefined ? [] : [`IdentityFile "${key.replaceAll('%', '%%')}"`]),
    ...options,
    'Include ~/.ssh/config',
    'Include /etc/ssh/ssh_config',
  ]
  return lines.map((line) => `${line}\n`).join('')
}

/** Options that the file sets first, so that another value would have no effect. */
export const FIXED = [
  ...['batchmode', 'stricthostkeychecking', 'updatehostkeys', 'requesttty', 'remotecommand', 'controlmaster'],
  ...['connectionattempts', 'serveraliveinterval', 'serveralivecountmax', 'clearallforwardings', 'loglevel'],
  ...['forwardagent', 'forwardx11', 'numberofpasswordprompts', 'connecttimeout'],
]
