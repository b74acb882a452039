import { useEffect, useState } from 'react'
import { duration } from './formats.ts'

const TICK_MS = 1_000

/** How long something took, or has been going on. */
export function Since({ from, to }: { from: string; to: string | null }) {
  const [now, setNow] = useState(Date.now)
  const isOver = to !== null
  useEffect(() => {
    if (isOver) return
    const ticking = window.setInterval(() => setNow(Date.now()), TICK_MS)
    return () => window.clearInterval(ticking)
  }, [isOver])
  const end = to === null ? now : Date.parse(to)
  return <span className="number">{duration(Math.max(0, end - Date.parse(from)))}</span>
}
