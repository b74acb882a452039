import { duration } from './formats.ts'
import { useNow } from './use-now.ts'

/** How long something took, or has been going on. */
export function Since({ from, to }: { from: string; to: string | null }) {
  const now = useNow(to === null)
  const end = to === null ? now : Date.parse(to)
  return <span className="number">{duration(Math.max(0, end - Date.parse(from)))}</span>
}
