export interface Notifier {
  ready(status?: string): void
  status(text: string): void
  stopping(): void
  /** Interval of WATCHDOG=1 in ms; undefined if the unit has no watchdog. */
  watchdogMs: number | undefined
  alive(): void
}

/**
 * Notifies systemd of the state of the service (sd_notify(3)). Node has no Unix datagram sockets, so systemd-notify sends
 * the message; docs/adr has the alternatives. If that fails, the service continues.
 */
export function systemdNotifier(env: NodeJS.ProcessEnv, onError: (message: string) => void): Notifier {
  const { NOTIFY_SOCKET, WATCHDOG_USEC } = env
  const notify = async (...messages: string[]): Promise<void> => {
    if (NOTIFY_SOCKET === undefined) return
    const { spawn } = await import('node:child_process')
    const child = spawn('systemd-notify', messages, { stdio: 'ignore', env: { NOTIFY_SOCKET, PATH: env.PATH ?? '' } })
    child.on('error', (error) => onError(`systemd-notify: ${error.message}`))
  }
  const usec = Number(WATCHDOG_USEC)
  return {
    ready: (status = 'starting') => void notify('--ready', `--status=${status}`),
    status: (text) => void notify(`--status=${text}`),
    stopping: () => void notify('--stopping'),
    watchdogMs: NOTIFY_SOCKET !== undefined && usec > 0 ? usec / 1000 / 3 : undefined,
    alive: () => void notify('WATCHDOG=1'),
  }
}
