/** Serializes work with the same key, in the order of the calls. */
export type Turns = <T>(of: string, work: () => Promise<T>) => Promise<T>

export function openTurns(): Turns {
  const last = new Map<string, Promise<unknown>>()
  return (of, work) => {
    const turn = (last.get(of) ?? Promise.resolve()).then(work, work)
    last.set(of, turn)
    const leave = () => void (last.get(of) === turn && last.delete(of))
    turn.then(leave, leave)
    return turn
  }
}
