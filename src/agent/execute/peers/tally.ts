/** Counts the pieces that arrive, for the log. */
export interface Tally {
  /** From the controller, if not from a peer. */
  add(isFromPeer: boolean, bytes: number): void
  /** Undefined if no peer sent any. */
  text(): string | undefined
}

export function openTally(): Tally {
  const bytes = { peers: 0, controller: 0 }
  let fromPeers = 0
  const mb = (count: number) => `${(count / 1_000_000).toFixed(1)} MB`
  return {
    add(isFromPeer, count) {
      bytes[isFromPeer ? 'peers' : 'controller'] += count
      if (isFromPeer) fromPeers += 1
    },
    text() {
      if (fromPeers === 0) return undefined
      const sent = `${mb(bytes.peers)}; the controller sent ${mb(bytes.controller)}`
      return `other nodes sent ${fromPeers} pieces of the bundle (${sent})`
    },
  }
}
