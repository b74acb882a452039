export interface Notifier {
  ready(): void
  status(text: string): void
  stopping(): void
  /** How often WATCHDOG=1 is due, in ms; undefined where systemd does not watch. */
  watchdogMs: number | undefined
  alive(): void
}

/**
 * Tells systemd how the service is. Node has no datagram sockets of the Unix kind, so systemd-notify carries the
 * message; docs/adr names the other ways and why not. A message that cannot be sent is no reason to stop working.
 */
export function systemdNotifier(env: NodeJS.ProcessEnv, onError: (message: string) => void): Notifier {
  const { NOTIFY_SOCKET, WATCHDOG_USEC } = env
  const tell = async (...messages: string[]): Promise<void> => {
    if (NOTIFY_SOCKET === undefined) return
    const { spawn } = await import('node:child_process')
    const child = spawn('systemd-notify', messages, { stdio: 'ignore', env: { NOTIFY_SOCKET, PATH: env.PATH ?? '' } })
    child.on('error', (error) => onError(`systemd-notify: ${error.message}`))
  }
  const usec = Number(WATCHDOG_USEC)
  return {
    ready: () => void tell('--ready', '--status=starting'),
    status: (text) => void tell(`--status=${text}`),
    stopping: () => void tell('--stopping'),
    watchdogMs: NOTIFY_SOCKET !== undefined && usec > 0 ? usec / 1000 / 3 : undefined,
    alive: () => void tell('WATCHDOG=1'),
  }
}
