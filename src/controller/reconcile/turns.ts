/** Lets pieces of work on the same thing come one after the other, in the order in which they were asked for. */
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
