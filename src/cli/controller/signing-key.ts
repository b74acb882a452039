/** The key that signs bundles and releases of the agent. */
export const DEFAULT_KEY = '~/.config/cantrip/bundle-key.pem'

/** A default value is shown with `~`, which no shell has expanded. */
export function expandHome(path: string): string {
  return path.startsWith('~/') ? `${process.env.HOME ?? '/root'}${path.slice(1)}` : path
}
